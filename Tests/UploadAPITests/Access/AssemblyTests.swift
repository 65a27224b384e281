import Access
import HTTPTypes
import Ingest
import IngestTesting
import Logging
import Testing
import Threading

@testable import UploadAPI

/// Uploads that are made of pieces later, when nobody asks for it: they are their owner's all the same.
@Suite struct AssemblyTests {
    private static let tus = ["Tus-Resumable": "1.0.0"]

    private func fixture(quota: Int64? = nil, limits: IngestLimits = IngestLimits()) throws -> AccessFixture {
        try AccessFixture(["ann": ([.upload], nil, false, quota), "bob": ([.upload], nil, false, nil)], limits: limits)
    }

    private func begin(_ fields: [String: String], _ fixture: AccessFixture) async throws -> String {
        let begun = await fixture.send(.post, "/files", as: "ann", Self.tus.merging(fields) { $1 })
        try #require(begun.status == 201, "\(begun.text)")
        return "/uploads/" + (try #require(begun["Location"]?.split(separator: "/").last))
    }

    private func finish(_ piece: String, _ content: String, _ fixture: AccessFixture) async {
        let fields = [
            "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0",
            "Upload-Length": "\(content.utf8.count)",
        ]
        let reply = await fixture.send(.patch, piece, as: "ann", Self.tus.merging(fields) { $1 }, body: content)
        #expect(reply.status == 204, "\(reply.text)")
    }

    private func assemble(_ fixture: AccessFixture) async {
        await fixture.service.service.assembleWholeUploads(logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() })
    }

    @Test func itsOwnersQuotaHoldsWhateverItConsistsOf() async throws {
        let fixture = try fixture(quota: 20)
        let piece = try await begin(["Upload-Defer-Length": "1", "Upload-Concat": "partial"], fixture)
        _ = try await begin(["Upload-Concat": "final;\(piece) \(piece) \(piece)"], fixture)
        await finish(piece, "12345678", fixture)
        await assemble(fixture)
        #expect(fixture.service.bucket.paths.isEmpty)
    }

    @Test func manyOfThemShareItsOwnersQuota() async throws {
        let fixture = try fixture(quota: 20)
        let piece = try await begin(["Upload-Length": "8", "Upload-Concat": "partial"], fixture)
        for _ in 0..<3 { _ = try await begin(["Upload-Concat": "final;\(piece)"], fixture) }
        await finish(piece, "12345678", fixture)
        await assemble(fixture)
        // The piece is still there.
        #expect(fixture.service.bucket.paths == ["upload"])
        let owner = fixture.service.bucket.state.withLock { $0.files.values.first?.record.owner }
        #expect(owner == "token/ann")
    }

    /// A token may come back under its name with another secret.
    @Test func itIsNotMadeWhileItsOwnerMayNotUpload() async throws {
        let fixture = try fixture()
        let piece = try await begin(["Upload-Length": "8", "Upload-Concat": "partial"], fixture)
        _ = try await begin(["Upload-Concat": "final;\(piece)"], fixture)
        await finish(piece, "12345678", fixture)
        await fixture.without("ann") {
            await assemble(fixture)
            #expect(fixture.service.bucket.paths.isEmpty)
        }
        await assemble(fixture)
        #expect(fixture.service.bucket.paths == ["upload"])
    }
}
