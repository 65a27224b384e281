import Digests
import HTTPTypes
import Ingest
import IngestTesting
import MicroHTTP
import Testing
import Threading

@testable import UploadAPI

/// Requests that their clients send again, under the same `Idempotency-Key`.
@Suite struct IdempotencyTests {
    private static let key = ["Idempotency-Key": "\"8e03978e-40d5-43dd-bc93-6894a57f9324\""]
    private let service = TestService(plan: ["checksum"])

    private func fields(_ more: [String: String] = [:]) -> [String: String] { Self.key.merging(more) { $1 } }

    private func expectSame(_ first: Reply, _ again: Reply) {
        #expect(again.status == first.status)
        #expect(again.bytes == first.bytes)
        for name in ["Location", "ETag", "Repr-Digest", "Content-Type"] {
            #expect(again[name] == first[name], "\(name)")
        }
    }

    private func isRefused(_ reply: Reply, _ status: Int, _ rule: String) {
        #expect(reply.status == status, "\(reply.text)")
        #expect(reply["Content-Type"] == "application/problem+json")
        #expect(reply.text.contains("/problems/\(rule)"), "\(reply.text)")
    }

    @Test func aPutIsAnsweredAsBefore() async {
        let condition = ["If-None-Match": "*", "Content-Type": "text/plain"]
        let first = await service.send(.put, "/files/a", fields(condition), body: "one")
        #expect(first.status == 201)
        expectSame(first, await service.send(.put, "/files/a", fields(condition), body: "one"))
        expectSame(first, await service.send(.put, "/files/%61", fields(condition), body: "one"))
        #expect(await service.send(.put, "/files/a", condition, body: "one").status == 412)
        let key = ["Idempotency-Key": "second", "Content-Type": "text/plain"]
        let replaced = await service.send(.put, "/files/a", key, body: "two")
        #expect(replaced.status == 204)
        expectSame(replaced, await service.send(.put, "/files/a", key, body: "two"))
        #expect(service.bucket.bytes("a") == Array("two".utf8))
        // Also what has been replaced since.
        expectSame(first, await service.send(.put, "/files/a", fields(condition), body: "one"))
        #expect(service.bucket.spooled == 0)
    }

    @Test(arguments: ["/upload-file", "/files", "/files/dir/"]) func aFormIsAnsweredAsBefore(_ target: String) async {
        let form = Form.file("a", "one").file("a", "two").field("more", "ignored")
        let first = await service.send(.post, target, fields(Form.type), chunks: [form.bytes])
        #expect([200, 201].contains(first.status))
        let paths = service.bucket.paths
        #expect(paths.count == 2)
        // Another boundary, of another length.
        let text = String(decoding: form.bytes, as: UTF8.self).split(
            separator: "--XX",
            omittingEmptySubsequences: false
        )
        let other = fields(["Content-Type": "multipart/form-data; boundary=another"])
        expectSame(first, await service.send(.post, target, other, body: text.joined(separator: "--another")))
        #expect(service.bucket.paths == paths)
        for different in [
            Form.file("a", "one"), Form.file("a", "one").file("a", "three"), Form.file("a", "one").file("b", "two"),
            Form.file("a", "two").file("a", "one"),
        ] {
            let reply = await service.send(.post, target, fields(Form.type), chunks: [different.bytes])
            isRefused(reply, 422, "idempotency-key-reused")
        }
        #expect(service.bucket.paths == paths)
        #expect(service.bucket.spooled == 0)
    }

    @Test func aRawPostIsAnsweredAsBefore() async {
        let named = fields(["Content-Disposition": "attachment; filename=a", "Content-Type": "text/plain"])
        let first = await service.send(.post, "/files", named, body: "one")
        #expect(first.status == 201)
        expectSame(first, await service.send(.post, "/files", named, body: "one"))
        #expect(service.bucket.paths == ["a"])
        let browser = await service.send(.post, "/files", named.merging(["Accept": "text/html"]) { $1 }, body: "one")
        #expect(browser.status == 303)
        let other = fields(["Content-Disposition": "attachment; filename=b", "Content-Type": "text/plain"])
        isRefused(await service.send(.post, "/files", other, body: "one"), 422, "idempotency-key-reused")
    }

    @Test func whatAsksForSomethingElseIsRefused() async {
        let type = ["Content-Type": "text/plain"]
        _ = await service.send(.put, "/files/a", fields(type), body: "one")
        for (reply, what) in [
            (await service.send(.put, "/files/a", fields(type), body: "two"), "content"),
            (await service.send(.put, "/files/a", fields(type), body: "three"), "length"),
            (await service.send(.put, "/files/a", fields(), body: "one"), "no type"),
            (await service.send(.put, "/files/a", fields(["Content-Type": "text/css"]), body: "one"), "type"),
            (
                await service.send(
                    .put,
                    "/files/a",
                    fields(type),
                    chunks: [Array("two".utf8)],
                    isLengthDeclared: false
                ),
                "chunked"
            ),
        ] {
            #expect(reply.status == 422, "\(what): \(reply.text)")
        }
        #expect(service.bucket.bytes("a") == Array("one".utf8))
        let chunks = [Array("on".utf8), Array("e".utf8)]
        #expect(
            await service.send(.put, "/files/a", fields(type), chunks: chunks, isLengthDeclared: false).status == 201
        )
    }

    /// The body of each of these cannot be read.
    @Test func aBodyThatNamesItsDigestIsNotRead() async {
        func send(_ content: String, digestOf named: String?) async -> Reply {
            var more: [String: String] = [:]
            if let named { more["Repr-Digest"] = MemoryBucket.digest(of: Array(named.utf8)).digest.fieldMember }
            let chunks = [Array(content.utf8)]
            return await service.send(
                .put,
                "/files/a",
                fields(more),
                chunks: chunks,
                failure: RequestBodyError(.disconnected)
            )
        }
        let first = await service.send(.put, "/files/a", Self.key, body: "one")
        expectSame(first, await send("one", digestOf: "one"))
        isRefused(await send("two", digestOf: "two"), 422, "idempotency-key-reused")
        isRefused(await send("three", digestOf: nil), 422, "idempotency-key-reused")
        isRefused(await send("one", digestOf: nil), 400, "truncated")
    }

    @Test(arguments: [
        "", "\"\"", "\"open", "\"a\", \"b\"", "a, b", "a;b", "räksmörgås", "a b", "\"a\\b\"",
        String(repeating: "x", count: 256), "\"" + String(repeating: "x", count: 256) + "\"", ":YQ==:;", "?1,",
    ]) func whatIsNoKeyIsRefused(_ field: String) async {
        let reply = await service.send(.put, "/files/a", ["Idempotency-Key": field], body: "one")
        isRefused(reply, 400, "idempotency-key-malformed")
        #expect(service.bucket.paths.isEmpty)
    }

    @Test(arguments: [("key", "\"key\""), ("key", "\"key\";v=1"), ("a.b/c+d==", "\"a.b/c+d==\""), ("1", "\"1\"")])
    func quotesMakeNoDifference(_ bare: String, _ quoted: String) async {
        let first = await service.send(.put, "/files/a", ["Idempotency-Key": bare], body: "one")
        #expect(first.status == 201)
        let again = await service.send(.put, "/files/a", ["Idempotency-Key": quoted], body: "one")
        expectSame(first, again)
    }

    @Test func aKeyCountsForItsMethodAndTarget() async {
        for target in ["/files/a", "/files/b", "/files/d/a"] {
            #expect(await service.send(.put, target, Self.key, body: "one").status == 201)
        }
        for target in ["/files", "/files/d/", "/upload-file"] {
            let reply = await service.send(.post, target, fields(Form.type), chunks: [Form.file("f", "x").bytes])
            #expect([200, 201].contains(reply.status))
        }
        #expect(service.bucket.paths == ["a", "b", "d/a", "d/f", "f", "f (1)"])
    }

    /// Nothing took effect: a second try is judged anew.
    @Test func aRefusalIsNotRemembered() async {
        let wrong = MemoryBucket.digest(of: Array("two".utf8)).digest.fieldMember ?? ""
        let refused = await service.send(.put, "/files/a", fields(["Repr-Digest": wrong]), body: "one")
        #expect(refused.status == 400)
        service.bucket.state.withLock { $0.publicationError = IngestError(.noSpace, "Full.") }
        #expect(await service.send(.put, "/files/a", Self.key, body: "one").status == 507)
        service.bucket.state.withLock { $0.publicationError = nil }
        #expect(await service.send(.put, "/files/a", Self.key, body: "one").status == 201)
        #expect(service.bucket.requests.count == 1)
    }

    @Test func aRepetitionWithAWrongDigestIsRefused() async {
        _ = await service.send(.put, "/files/a", Self.key, body: "one")
        let wrong = ["Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="]
        let reply = await service.send(.put, "/files/a", fields(wrong), body: "one")
        #expect(reply.status == 400)
        #expect(reply.text.contains("digest-mismatched-values"))
    }
}
