import Access
import HTTPTypes
import Ingest
import IngestTesting
import Testing
import Threading

@testable import UploadAPI

/// What belongs to one token is another's in no way.
@Suite struct OwnerTests {
    private static let tus = ["Tus-Resumable": "1.0.0"]
    private static let content = ["Content-Type": "application/offset+octet-stream"].merging(tus) { $1 }

    private func fixture(quota: Int64? = nil, limits: IngestLimits = IngestLimits()) throws -> AccessFixture {
        try AccessFixture(
            [
                "ann": ([.upload, .delete], nil, false, quota), "bob": ([.upload, .delete], nil, false, nil),
                "reader": ([.read], nil, false, nil),
            ],
            limits: limits
        )
    }

    private func begin(_ fields: [String: String], _ fixture: AccessFixture, body: String? = nil) async throws -> String
    {
        let begun = await fixture.send(
            .post,
            "/files",
            as: "ann",
            Self.tus.merging(fields) { $1 },
            body: body
        )
        #expect(begun.status == 201)
        return "/uploads/" + (try #require(begun["Location"]?.split(separator: "/").last))
    }

    @Test func anUploadIsItsOwnersAlone() async throws {
        let fixture = try fixture()
        let upload = try await begin(["Upload-Length": "5"], fixture)
        let append = Self.content.merging(["Upload-Offset": "0"]) { $1 }
        let newest = Draft.newest
        for (token, status) in [("bob", 404), ("reader", 403), ("nobody's", 401)] {
            #expect(await fixture.send(.head, upload, as: token, Self.tus).status == status)
            #expect(await fixture.send(.head, upload, as: token).status == status)
            #expect(await fixture.send(.patch, upload, as: token, append, body: "hello").status == status)
            let other = await fixture.send(
                .patch,
                upload,
                as: token,
                newest.append(at: 0, completes: true),
                body: "hello"
            )
            #expect(other.status == status)
            #expect(await fixture.send(.delete, upload, as: token, Self.tus).status == status)
            let overridden = ["X-HTTP-Method-Override": "DELETE"].merging(Self.tus) { $1 }
            #expect(await fixture.send(.post, upload, as: token, overridden).status == status)
        }
        #expect(await fixture.send(.head, upload, as: "ann", Self.tus)["Upload-Offset"] == "0")
        #expect(await fixture.send(.patch, upload, as: "ann", append, body: "hello").status == 204)
        #expect(fixture.service.bucket.paths == ["upload"])
        let owner = fixture.service.bucket.state.withLock { $0.files.values.first?.record.owner }
        #expect(owner == "token/ann")
    }

    @Test func anotherOnesPiecesMakeNoUpload() async throws {
        let fixture = try fixture()
        let partial = ["Upload-Length": "5", "Upload-Concat": "partial"].merging(Self.content) { $1 }
        let piece = try await begin(partial, fixture, body: "hello")
        let final = Self.tus.merging(["Upload-Concat": "final;\(piece)"]) { $1 }
        #expect(await fixture.send(.post, "/files", as: "bob", final).status == 400)
        #expect(await fixture.send(.post, "/files", as: "ann", final).status == 201)
    }

    @Test func akeyIsOnesOwn() async throws {
        let fixture = try fixture()
        let key = ["Idempotency-Key": "\"k\"", "Content-Disposition": "attachment; filename=a"]
        for (token, name) in [("ann", "a"), ("bob", "a (1)"), ("ann", "a")] {
            let reply = await fixture.send(.post, "/files", as: token, key, body: "hello")
            #expect(reply.status == 201)
            #expect(reply.text.contains("\"filename\":\"\(name)\""), "\(reply.text)")
        }
        #expect(fixture.service.bucket.paths == ["a", "a (1)"])
    }

    @Test func aQuotaIsOnesOwn() async throws {
        let fixture = try fixture(quota: 10)
        #expect(await fixture.send(.put, "/files/a", as: "ann", body: "123456").status == 201)
        #expect(await fixture.send(.put, "/files/b", as: "bob", body: "1234567890123456").status == 201)
        let refused = await fixture.send(.put, "/files/c", as: "ann", body: "12345")
        #expect(refused.status == 507)
        #expect(refused.text.contains("\"limit\":10"))
        // What it replaces makes room, if it is its own.
        #expect(await fixture.send(.put, "/files/a", as: "ann", body: "1234567890").status == 204)
        #expect(await fixture.send(.put, "/files/b", as: "ann", body: "1").status == 507)
        #expect(await fixture.send(.delete, "/files/a", as: "bob").status == 204)
        #expect(await fixture.send(.put, "/files/c", as: "ann", body: "1234567890").status == 201)
    }

    @Test func aBodyWithoutALengthMeetsTheQuotaToo() async throws {
        let fixture = try fixture(quota: 10)
        let form = "--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"b\"\r\n\r\n12345678901\r\n--B--\r\n"
        let type = ["Content-Type": "multipart/form-data; boundary=B"]
        #expect(await fixture.send(.post, "/upload-file", as: "ann", type, body: form).status == 507)
        #expect(await fixture.send(.post, "/upload-file", as: "bob", type, body: form).status == 200)
        #expect(fixture.service.bucket.spooled == 0)
    }

    /// Whoever goes on with an upload has the room of what it replaces, as whoever begins one.
    @Test(arguments: [true, false])
    func whatIsReplacedMakesRoomForTheRestToo(isOfTheToken: Bool) async throws {
        var limits = IngestLimits()
        if !isOfTheToken { limits.quota = 100 }
        let fixture = try fixture(quota: isOfTheToken ? 100 : nil, limits: limits)
        let text = String(repeating: "x", count: 100)
        #expect(await fixture.send(.put, "/files/a", as: "ann", body: String(text.prefix(80))).status == 201)
        let draft = Draft.newest
        let begun = await fixture.send(
            .put,
            "/files/a",
            as: "ann",
            draft.fields(completes: false),
            body: String(text.prefix(40))
        )
        #expect(begun.status == 201, "\(begun.text)")
        let upload = "/uploads/" + (try #require(begun["Location"]?.split(separator: "/").last))
        func append(_ size: Int) async -> Reply {
            await fixture.send(
                .patch,
                upload,
                as: "ann",
                draft.append(at: 40, completes: true),
                body: String(text.prefix(size))
            )
        }
        #expect(await append(61).status == 507)
        let reply = await append(60)
        #expect([200, 201, 204].contains(reply.status), "\(reply.text)")
        #expect(fixture.service.bucket.bytes("a")?.count == 100)
    }
}
