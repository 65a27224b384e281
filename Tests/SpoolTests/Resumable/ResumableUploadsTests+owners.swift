import Ingest
import IngestTesting
import Spool
import Testing

/// Whose uploads they are.
extension ResumableUploadsTests {
    @Test func anUploadIsForItsOwnerOnly() async throws {
        let server = try await Server()
        let (ann, bob) = (Uploader(id: "ann"), Uploader(id: "bob", reachesUnowned: true))
        let new = NewUpload(length: nil, request: [])
        let source = UploadSource(address: nil, uploader: ann)
        let session = try await server.uploads.begin(new, body: nil, from: source, logger: silence) {}
        await session.leave()
        let (id, uploads) = (session.record.id, server.uploads)
        #expect(await refusal { try await uploads.record(of: id, by: bob) {} } == .notFound)
        #expect(await refusal { try await uploads.record(of: id, by: nil) {} } == .notFound)
        #expect(await refusal { try await uploads.cancel(id, by: bob) {} } == .notFound)
        _ = try await uploads.record(of: id, by: ann) {}
    }

    /// It would be read and hashed again by each try, in vain.
    @Test func whatIsForbiddenIsOver() async throws {
        let server = try await Server()
        let uploader = Uploader(id: "ann", directory: try bucketPath("in"))
        let source = UploadSource(address: nil, uploader: uploader)
        let new = NewUpload(length: 43, request: [])
        let session = try await server.uploads.begin(new, body: nil, from: source, logger: silence) {}
        try await session.append(bytes[...])
        #expect(await refusal { try await session.publish(try intent()) } == .forbidden)
        await session.leave()
        #expect(server.uploads.openUploads == 0)
        #expect(try server.test.spool.entries().isEmpty)
    }

    /// Begun when nobody was told from another.
    @Test func anUploadOfNobodysIsForWhoMayReachSuch() async throws {
        let server = try await Server()
        let session = try await server.begin(length: 43)
        await session.leave()
        let (id, uploads) = (session.record.id, server.uploads)
        #expect(await refusal { try await uploads.record(of: id, by: Uploader(id: "ann")) {} } == .notFound)
        let admin = Uploader(id: "ops", quota: 1, reachesUnowned: true)
        _ = try await uploads.record(of: id, by: admin) {}
        let source = UploadSource(address: nil, uploader: admin)
        let next = try await uploads.resume(id, body: 43, from: source, logger: silence) {}
        try await next.append(bytes[...])
        // Nobody's it stays, and it counts against nobody's quota.
        #expect(try await next.publish(try intent()).record.owner == nil)
        await next.leave()
    }
}
