import Ingest
import IngestTesting
import Ledger
import Spool
import SystemPackage
import Testing

/// Uploads that hold several files.
extension ResumableUploadsTests {
    @Test func anUploadMayHoldSeveralFiles() async throws {
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[..<20])
        try await session.commit()
        await session.leave()
        let next = try await resume(server.uploads, session.record.id)
        try await next.append(bytes[20...])
        // What fails for now leaves it as it is.
        server.test.plan.failAll(.setAttribute, with: .noSpace)
        #expect(await refusal { try await publish(next) } == .noSpace)
        await next.leave()
        server.test.plan.failAll(.setAttribute, with: nil)
        #expect(try server.test.spool.entries().count == 1)
        let last = try await resume(server.uploads, session.record.id)
        #expect(last.offset == 43)
        let files = try await publish(last)
        await last.leave()
        #expect(files.map(\.record.path.description) == ["first", "second"])
        #expect(
            try await server.test.daemon.get("first").text + server.test.daemon.get("second").text
                == String(decoding: bytes, as: UTF8.self)
        )
        #expect(try server.test.spool.entries().isEmpty)
        #expect(server.uploads.openUploads == 0)
        #expect(server.test.daemon.intake.uploadsInFlight == 0)
        #expect(try await server.uploads.files(of: session.record.id).map(\.id) == files.map(\.record.id))
        #expect(try await server.ledger.storedBytes() == 43)
    }

    /// Its halves, each a file.
    private func publish(_ session: UploadSession) async throws -> [PublishedFile] {
        let reader = session.reader
        var all: [UInt8] = []
        while let piece = try await reader.next() { all += piece }
        return try await session.publish { batch in
            for (name, part) in [("first", all[..<20]), ("second", all[20...])] {
                let upload = try await batch.begin(try intent(name))
                try await upload.append(part)
                try await upload.finish()
            }
        }
    }

    /// Reading it again may take long.
    @Test func whileFilesAreMadeTheStateIsToldAndTheUploadCanBeRemoved() async throws {
        let server = try await Server()
        let uploads = server.uploads
        let session = try await server.begin()
        let id = session.record.id
        try await session.append(bytes[...])
        var removal: Task<Void, any Error>?
        let code = await refusal {
            try await session.publish { _ in
                // Would wait for this very publication.
                let told = try await uploads.record(of: id, by: nil) {}
                #expect(told.offset == 43 && told.state == .open)
                removal = Task { try await uploads.cancel(id, by: nil) {} }
                while true {
                    _ = try await session.reader.next()
                    await Task.yield()
                }
            }
        }
        #expect(code == .superseded)
        // Whoever wants it removed does that; for others it would be there as before.
        #expect(!session.isOver && session.record.offset == 43)
        await session.leave()
        try await removal?.value
        #expect(await refusal { try await uploads.record(of: id, by: nil) {} } == .notFound)
        #expect(try server.test.spool.entries().isEmpty)
        #expect(uploads.openUploads == 0)
    }

    @Test func filesThatCannotBeEndTheUpload() async throws {
        struct Malformed: Error {}
        let server = try await Server()
        let session = try await server.begin()
        try await session.append(bytes[...])
        await #expect(throws: Malformed.self) {
            _ = try await session.publish { batch in
                try await batch.begin(try intent()).append(bytes[...])
                throw Malformed()
            }
        }
        #expect(session.isOver)
        await session.leave()
        #expect(try server.test.spool.entries().isEmpty)
        #expect(server.uploads.openUploads == 0)
    }
}
