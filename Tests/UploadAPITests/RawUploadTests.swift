import HTTPTypes
import Ingest
import MicroHTTP
import Testing
import Threading

@testable import UploadAPI

@Suite struct RawUploadTests {
    @Test func putCreatesThenReplaces() async {
        let service = TestService()
        let created = await service.send(.put, "/files/dir/a%20b.txt", ["Content-Type": "text/plain"], body: "one")
        #expect(created.status == 201)
        #expect(created["Location"] == "/files/dir/a%20b.txt")
        #expect(created["ETag"] == "\"\(MemoryBucket.digest(of: Array("one".utf8)).hexadecimal)\"")
        #expect(created.text.hasPrefix(#"{"filename":"dir/a b.txt","url":"/files/dir/a%20b.txt","size":3,"#))
        let replaced = await service.send(.put, "/files/dir/a%20b.txt", body: "two")
        #expect(replaced.status == 204)
        #expect(replaced.bytes.isEmpty)
        #expect(service.bucket.bytes("dir/a b.txt") == Array("two".utf8))
    }

    @Test(arguments: [
        "/files/..", "/files/.", "/files/../x", "/files//x", "/files/x//", "/files/", "/files/x/", "/files/.htaccess",
        "/files/-rf", "/files/%2e%2e%2fx", "/files/..%5cx", "/files/%252e%252e%252fx", "/files/a%252fb",
        "/files/%00", "/files/a%00.png", "/files/%ff", "/files/%c0%ae%c0%ae", "/files/%ed%a0%80", "/files/a%0Ab",
        "/files/CON", "/files/con.txt", "/files/NUL.tar.gz", "/files/COM%C2%B9", "/files/a%E2%80%AEgpj.exe",
        "/files/a%E2%80%8Bb", "/files/a%EF%BC%8Fb", "/files/a%20", "/files/a.", "/files/e%CC%81",
    ])
    func unsafePathsAreRefused(target: String) async {
        let service = TestService()
        let reply = await service.send(.put, target, body: "x")
        #expect(reply.status == 400, "\(reply.text)")
        #expect(reply.text.contains("/problems/invalid-name"))
        #expect(service.bucket.paths.isEmpty)
        #expect(service.bucket.spooled == 0)
    }

    @Test func theComposedFormIsNamed() async {
        let reply = await TestService().send(.put, "/files/e%CC%81", body: "x")
        #expect(reply.text.contains("NFC): \u{E9}"))
    }

    @Test func whatIsNoWholePlainBodyIsRefused() async {
        let service = TestService()
        let range = await service.send(.put, "/files/a", ["Content-Range": "bytes 0-1/2"], body: "xx")
        #expect(range.status == 400)
        #expect(range.text.contains("/problems/content-range"))
        #expect(service.bucket.paths.isEmpty)
    }

    @Test func aNameIsNeededForARawPost() async {
        let service = TestService()
        let nameless = await service.send(.post, "/files", ["Content-Type": "image/png"], body: "x")
        #expect(nameless.status == 400)
        #expect(nameless.text.contains("-F file=@NAME"))
        let urlencoded = ["Content-Type": "application/x-www-form-urlencoded"]
        let reply = await service.send(.post, "/files", urlencoded, body: "x")
        #expect(reply.status == 415)
        #expect(reply.text.contains("-T NAME"))
        #expect(service.bucket.spooled == 0)
    }

    @Test(arguments: [
        ("attachment; filename=\"a.txt\"", "a.txt"),
        ("attachment; filename=\"a.txt\"; filename*=UTF-8''b%20c.txt", "b c.txt"),
        ("attachment; filename=\"..\\\\..\\\\evil.exe\"", "evil.exe"),
    ])
    func contentDispositionNamesARawPost(field: String, name: String) async {
        let service = TestService()
        let reply = await service.send(.post, "/files/in/", ["Content-Disposition": field], body: "x")
        #expect(reply.status == 201)
        #expect(service.bucket.paths == ["in/\(name)"])
    }

    @Test func aDeclaredLengthIsHeldAgainstTheLimitAtOnce() async {
        var limits = IngestLimits()
        limits.maxUploadSize = 4
        let service = TestService(limits: limits)
        let reply = await service.send(.put, "/files/a", body: "12345")
        #expect(reply.status == 413)
        #expect(reply.text.contains(#""limit":4"#))
        #expect(service.bucket.state.withLock { $0.appended }.isEmpty)
        let chunked = await service.send(.put, "/files/a", chunks: [[1, 2, 3], [4, 5]], isLengthDeclared: false)
        #expect(chunked.status == 413)
        #expect(await service.send(.put, "/files/a", body: "1234").status == 201)
        #expect(service.bucket.spooled == 0)
    }

    /// The body is never read: it would end the upload as truncated.
    @Test(arguments: [
        (Collision.rename, "/files", "ours", 400), (.replace, "/files", "ours", 400), (.reject, "/files", "ours", 409),
        (.rename, "/files", "foreign", 400), (.replace, "/files", "foreign", 409), (.reject, "/files", "foreign", 409),
        (.rename, "/files/foreign/in/", "new", 409), (.rename, "/files/in/", "new", 400),
        (.reject, "/files", "in", 409),
        (.replace, "/files", "touched", 409),
    ])
    func aNameThatCannotBeTakenIsRefusedBeforeTheBody(
        collision: Collision,
        target: String,
        name: String,
        status: Int
    ) async {
        let service = TestService { $0.collision = collision }
        service.bucket.add("ours")
        service.bucket.add("touched")
        service.bucket.touch("touched")
        service.bucket.add("in/other")
        service.bucket.addForeign(Array("foreign".utf8))
        let failure = RequestBodyError(.truncated)
        let fields = ["Content-Disposition": "attachment; filename=\(name)", "Expect": "100-continue"]
        let reply = await service.send(.post, target, fields, isLengthDeclared: false, failure: failure)
        #expect(reply.status == status, "\(reply.text)")
    }

    @Test(arguments: [("foreign", "*", 412), ("ours", "*", 400), ("none", "*", 412)])
    func aConditionThatCannotHoldIsRefusedBeforeTheBody(name: String, match: String, status: Int) async {
        let service = TestService()
        service.bucket.add("ours")
        service.bucket.addForeign(Array("foreign".utf8))
        let failure = RequestBodyError(.truncated)
        let reply = await service.send(
            .put,
            "/files/\(name)",
            ["If-Match": match],
            isLengthDeclared: false,
            failure: failure
        )
        #expect(reply.status == status, "\(reply.text)")
    }

    @Test func aFailedPublicationLeavesNothing() async {
        let service = TestService()
        service.bucket.state.withLock { $0.publicationError = IngestError(.noSpace, "Full.") }
        #expect(await service.send(.put, "/files/a", body: "x").status == 507)
        #expect(service.bucket.spooled == 0)
    }

    @Test func anUnhealthyServerTakesNoUploadsAndStillReads() async {
        let service = TestService()
        service.bucket.add("a")
        service.health.fail("a sync failed")
        #expect(await service.send(.put, "/files/b", body: "x").status == 503)
        #expect(await service.send(.get, "/files/a").status == 200)
        let probe = await service.send(.get, "/healthz")
        #expect(probe.status == 503)
        #expect(probe.text == "a sync failed\n")
    }
}
