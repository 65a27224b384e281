import Ingest
import IngestTesting
import Ledger
import Spool
import Testing

/// Uploads that are made of others, and how many there may be.
extension ResumableUploadsTests {
    /// An upload whose pieces are there in part, and the one that is missing.
    private func waiting(on server: Server) async throws -> (upload: UploadID, missing: UploadID) {
        let (first, second) = (try await server.begin(length: 20), try await server.begin(length: 23))
        try await first.append(bytes[..<20])
        try await first.commit()
        await first.leave()
        await second.leave()
        let pieces = [first.record.id, second.record.id]
        #expect(try await !server.uploads.areWhole(pieces, by: nil) { _ in true })
        #expect(try await server.uploads.length(of: pieces) == 43)
        let new = NewUpload(length: 43, request: [], pieces: pieces)
        let session = try await server.uploads.begin(new, body: 0, from: .local, logger: silence) {}
        await session.leave()
        return (session.record.id, second.record.id)
    }

    private func finish(_ piece: UploadID, of uploads: ResumableUploads) async throws {
        let session = try await resume(uploads, piece)
        try await session.append(bytes[20...])
        try await session.commit()
        await session.leave()
    }

    @Test func anUploadIsMadeOfItsPiecesWhereverItWasCutOff() async throws {
        let server = try await Server { $0.checkpointInterval = 10 }
        let (upload, missing) = try await waiting(on: server)
        #expect(try await server.uploads.waiting(upload, by: nil)?.awaitsPieces == true)
        #expect(try await server.uploads.waiting(missing, by: nil) == nil)
        #expect(try await server.uploads.uploadsWithWholePieces(after: nil, limit: 9).isEmpty)
        try await finish(missing, of: server.uploads)
        #expect(try await server.uploads.uploadsWithWholePieces(after: nil, limit: 9) == [upload])
        struct Full: Error {}
        await #expect(throws: Full.self) {
            try await server.uploads.assemble(upload, logger: silence) { session in
                try await session.commit()
                throw Full()
            }
        }
        let (uploads, _) = try await server.restart()
        #expect(try await uploads.uploadsWithWholePieces(after: nil, limit: 9) == [upload])
        try await uploads.assemble(upload, logger: silence) { session in
            let file = try await session.publish(try intent())
            #expect(
                file.record.digest.hexadecimal == "d7a8fbb307d7809469ca9abcb0082e4f8d5651e46d3cdb762d02d0bf37c9e592"
            )
        }
        #expect(try await uploads.record(of: upload, by: nil) {}.state == .complete)
        #expect(try await uploads.uploadsWithWholePieces(after: nil, limit: 9).isEmpty)
        #expect(uploads.openUploads == 2)
    }

    @Test func anUploadThatIsWantedIsNotMade() async throws {
        let server = try await Server()
        let (upload, missing) = try await waiting(on: server)
        try await finish(missing, of: server.uploads)
        let uploads = server.uploads
        async let cancelled: Void = uploads.cancel(upload, by: nil) {}
        try? await uploads.assemble(upload, logger: silence) { session in
            _ = try await session.publish(try intent())
        }
        try await cancelled
        #expect(await refusal { try await uploads.record(of: upload, by: nil) {} } == .notFound)
    }

    @Test func anUploadLivesAsLongAsItsPieces() async throws {
        let server = try await Server { ($0.expireAfter, $0.expireEmptyAfter) = (.seconds(100), .seconds(100)) }
        let (upload, missing) = try await waiting(on: server)
        server.time.advance(by: .seconds(90))
        try await finish(missing, of: server.uploads)
        _ = try await server.uploads.removeExpired(limit: 9)
        #expect(try await server.uploads.waiting(upload, by: nil) != nil)
        // The other piece ends, and the upload with it.
        server.time.advance(by: .seconds(10))
        #expect(try await server.uploads.removeExpired(limit: 9) >= 1)
        _ = try await server.uploads.removeUploadsWithLostPieces(limit: 9)
        #expect(try await server.uploads.waiting(upload, by: nil) == nil)
        #expect(server.uploads.openUploads == 1)
    }

    @Test func anAddressMayBeginOnlySoMany() async throws {
        let server = try await Server { ($0.maxOpenUploads, $0.maxOpenUploadsPerAddress) = (3, 2) }
        func begin(_ address: String?) async throws -> UploadSession {
            let new = NewUpload(length: nil, request: [])
            return try await server.uploads.begin(
                new,
                body: nil,
                from: UploadSource(address: address),
                logger: silence
            ) {}
        }
        let first = try await begin("a")
        await first.leave()
        await (try await begin("a")).leave()
        #expect(await refusal { try await begin("a") } == .tooManyUploadsFromAddress)
        await (try await begin(nil)).leave()
        #expect(await refusal { try await begin(nil) } == .tooManyUploads)
        try await server.uploads.cancel(first.record.id, by: nil) {}
        await (try await begin("a")).leave()
        let (uploads, _) = try await server.restart()
        #expect(uploads.openUploads == 3)
    }
}
