import HTTPTypes
import Ingest
import IngestTesting
import MicroHTTP
import Testing

@testable import UploadAPI

/// Resumable Uploads for HTTP, over a bucket in memory.
@Suite struct InterruptibleUploadTests {
    /// A request that brings files, as it is without resumption.
    struct Whole: Sendable, CustomTestStringConvertible {
        let method: HTTPRequest.Method
        let target: String
        let fields: [String: String]
        let body: String
        var testDescription: String { "\(method) \(target)" }

        private static let form = String(
            decoding: Form.file("a.txt", "hello").field("x", "y").file("b.txt", "world").bytes,
            as: UTF8.self
        )
        static let all = [
            Whole(method: .put, target: "/files/dir/a.txt", fields: ["Content-Type": "text/plain"], body: "hello"),
            Whole(
                method: .post,
                target: "/files/dir/",
                fields: ["Content-Disposition": "inline; filename=\"a b.txt\"", "Want-Repr-Digest": "sha-256=1"],
                body: "hello"
            ),
            Whole(method: .post, target: "/files", fields: Form.type, body: form),
            Whole(
                method: .post,
                target: "/files",
                fields: Form.type.merging(["Accept": "text/html"]) { $1 },
                body: form
            ),
            Whole(method: .post, target: "/upload-file", fields: Form.type, body: form),
        ]
    }

    /// What must be the same however the bytes came; numbers in it are the bucket's own.
    private func expectSame(_ reply: Reply, _ plain: Reply, _ draft: Draft) {
        #expect(reply.status == plain.status, "\(reply.text)")
        #expect(reply.text == plain.text)
        for name in ["Location", "ETag", "Repr-Digest", "Content-Type", "Cache-Control"] {
            #expect(reply[name] == plain[name])
        }
        #expect(draft.isComplete(reply) == true)
    }

    @Test(arguments: Draft.all, Whole.all)
    func aWholeUploadIsAnsweredAsAPlainOne(_ draft: Draft, _ whole: Whole) async throws {
        let plain = TestService(plan: ["checksum"])
        let expected = await plain.send(whole.method, whole.target, whole.fields, body: whole.body)
        let service = TestService(plan: ["checksum"])
        let log = InterimLog()
        let reply = await service.send(
            whole.method,
            whole.target,
            draft.fields(completes: true, whole.fields),
            chunks: [Array(whole.body.utf8)],
            interim: log.take
        )
        expectSame(reply, expected, draft)
        #expect(service.bucket.paths == plain.bucket.paths)
        #expect(service.bucket.spooled == 0)
        #expect(log.responses.count == (draft.interop == nil ? 0 : 1))
        if let interim = log.responses.first {
            #expect(interim.status.code == 104)
            #expect(interim.headers[.location]?.hasPrefix("http://127.0.0.1:8080/uploads/") == true)
            #expect(interim.headers[.uploadDraftInteropVersion] == draft.interop.map(String.init))
            #expect((interim.headers[.uploadLimit] != nil) == (draft.number >= 6))
            // The upload is known for a while yet.
            let upload = try #require(interim.headers[.location].flatMap(UploadDialect.path(ofLocation:)))
            #expect(await service.offset(of: upload, draft) == whole.body.utf8.count)
        }
    }

    @Test(arguments: Draft.all, Whole.all)
    func anUploadInPiecesIsAnsweredAsAPlainOne(_ draft: Draft, _ whole: Whole) async throws {
        let plain = TestService(plan: ["checksum"])
        let expected = await plain.send(whole.method, whole.target, whole.fields, body: whole.body)
        let service = TestService(plan: ["checksum"])
        let upload = try await service.create(whole.method, whole.target, draft, whole.fields)
        var offset = 0
        let bytes = Array(whole.body.utf8)
        for end in [1, bytes.count / 2, bytes.count - 1] {
            let piece = String(decoding: bytes[offset..<end], as: UTF8.self)
            let reply = await service.append(piece, at: offset, of: upload, draft)
            #expect(reply.status == 204)
            #expect(reply["Upload-Offset"] == "\(end)")
            #expect(draft.isComplete(reply) == false)
            offset = end
            #expect(await service.offset(of: upload, draft) == end)
        }
        #expect(service.bucket.paths.isEmpty)
        let rest = String(decoding: bytes[offset...], as: UTF8.self)
        let reply = await service.append(rest, at: offset, of: upload, completes: true, draft)
        expectSame(reply, expected, draft)
        #expect(service.bucket.paths == plain.bucket.paths)
        #expect(service.bucket.spooled == 0)
        // The client may not have seen the answer.
        let again = await service.append("", at: bytes.count, of: upload, completes: true, draft)
        if draft.number >= 8 {
            expectSame(again, expected, draft)
        } else {
            #expect(again.status == 400)
            #expect(again.text.contains("http-problem-types#completed-upload"))
        }
        #expect(service.bucket.paths == plain.bucket.paths)
    }

    @Test(arguments: Draft.all)
    func theLastBytesMayHaveComeBefore(_ draft: Draft) async throws {
        let service = TestService()
        let upload = try await service.create(.put, "/files/a", draft, body: "hello")
        #expect(service.bucket.paths.isEmpty)
        let reply = await service.append("", at: 5, of: upload, completes: true, draft)
        #expect(reply.status == 201)
        #expect(service.bucket.bytes("a") == Array("hello".utf8))
    }

    @Test func anEmptyUploadMayBeWhole() async throws {
        let service = TestService()
        let whole = await service.send(.put, "/files/a", Draft(interop: 8).fields(completes: true))
        #expect(whole.status == 201)
        let upload = try await service.create(.put, "/files/b")
        #expect(await service.append("", at: 0, of: upload, completes: true).status == 201)
        #expect(service.bucket.paths == ["a", "b"])
    }

    // MARK: Forms

    @Test(arguments: [
        ("--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nhel", 400, "form-truncated"),
        ("--XX\r\nContent-Disposition: form-data; name=\"f\"\r\n\r\nx\r\n--XX--\r\n", 400, "form-without-file"),
        (
            "--XX\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\nContent-MD5: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
                + "\r\nhello\r\n--XX--\r\n",
            400, "digest-mismatched-values"
        ),
    ])
    func aBadFormIsRefusedAsInOnePieceAndForGood(_ form: String, _ status: Int, _ rule: String) async throws {
        let service = TestService()
        let plain = await service.send(.post, "/files", Form.type, body: form)
        let upload = try await service.create(.post, "/files", .newest, Form.type, body: form)
        let reply = await service.append("", at: form.utf8.count, of: upload, completes: true)
        #expect(reply.status == status && plain.status == status)
        #expect(reply.text == plain.text)
        #expect(reply.text.contains(rule))
        #expect(Draft.newest.isComplete(reply) == true)
        #expect(await service.offset(of: upload) == nil)
        #expect(service.bucket.paths.isEmpty && service.bucket.spooled == 0)
    }

    @Test func aFormMayBeLargerThanAFile() async throws {
        var limits = IngestLimits()
        limits.maxUploadSize = 10
        let service = TestService(limits: limits)
        let form = String(decoding: Form.file("a", "0123456789").file("b", "0123456789").bytes, as: UTF8.self)
        let upload = try await service.create(.post, "/files", .newest, Form.type, body: form)
        #expect(await service.append("", at: form.utf8.count, of: upload, completes: true).status == 201)
        #expect(service.bucket.paths == ["a", "b"])
        let large = String(decoding: Form.file("c", "0123456789a").bytes, as: UTF8.self)
        let other = try await service.create(.post, "/files", .newest, Form.type, body: large)
        #expect(await service.append("", at: large.utf8.count, of: other, completes: true).status == 413)
        #expect(await service.offset(of: other) == nil)
        let file = await service.send(
            .put,
            "/files/c",
            Draft(interop: 8).fields(completes: false, ["Upload-Length": "11"])
        )
        #expect(file.status == 413)
        #expect(file["Upload-Limit"]?.contains("max-size=10") == true)
    }

    // MARK: Conditions

    @Test func conditionsHoldWhenTheUploadBeginsAndWhenItEnds() async throws {
        let service = TestService()
        let first = service.bucket.add("a", "one")
        let absent = ["If-None-Match": "*"]
        let early = await service.send(.put, "/files/a", Draft.newest.fields(completes: false, absent))
        #expect(early.status == 412)
        #expect(service.bucket.uploads.uploads.isEmpty)
        // What is created meanwhile counts.
        let new = try await service.create(.put, "/files/b", .newest, absent, body: "mine")
        service.bucket.add("b", "theirs")
        let late = await service.append("", at: 4, of: new, completes: true)
        #expect(late.status == 412)
        #expect(Draft.newest.isComplete(late) == true)
        #expect(await service.offset(of: new) == nil)
        #expect(service.bucket.bytes("b") == Array("theirs".utf8))
        let tag = ["If-Match": EntityTag(first.digest).text]
        let replaced = try await service.create(.put, "/files/a", .newest, tag, body: "two")
        let lost = try await service.create(.put, "/files/a", .newest, tag, body: "three")
        #expect(await service.append("", at: 3, of: replaced, completes: true).status == 204)
        #expect(await service.append("", at: 5, of: lost, completes: true).status == 412)
        #expect(service.bucket.bytes("a") == Array("two".utf8))
    }

    @Test func whatIsKeptOfARequestIsBounded() async {
        let service = TestService()
        let fields = ["Accept": String(repeating: "text/html,", count: 1000)]
        let reply = await service.send(.put, "/files/a", Draft.newest.fields(completes: false, fields))
        #expect(reply.status == 431)
        #expect(service.bucket.uploads.uploads.isEmpty)
    }

    // MARK: Protocols

    @Test func contentIsTakenInTheProtocolOfTheCreationOnly() async throws {
        let service = TestService()
        let version = ["Tus-Resumable": "1.0.0"]
        let created = await service.send(.post, "/files", version.merging(["Upload-Length": "5"]) { $1 })
        let tus = try #require(created["Location"].flatMap(UploadDialect.path(ofLocation:)))
        #expect(await service.append("hello", at: 0, of: tus, completes: true).status == 409)
        let upload = try await service.create()
        let content = version.merging(["Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"]) { $1 }
        #expect(await service.send(.patch, upload, content, body: "hello").status == 409)
        // Whoever asks is told.
        #expect(await service.send(.head, upload, version)["Upload-Offset"] == "0")
        #expect(await service.offset(of: tus, Draft(interop: 8)) == 0)
        let plain = await service.send(.head, tus)
        #expect(plain["Upload-Length"] == "5" && plain["Tus-Resumable"] == "1.0.0")
        #expect(plain["Upload-Complete"] == "?0" && plain["Upload-Limit"]?.contains("max-age=") == true)
        #expect(await service.send(.delete, tus).status == 204)
        #expect(await service.send(.delete, upload, version).status == 204)
    }

    @Test(arguments: [
        (["Upload-Complete": "true"], 201), (["Upload-Complete": "?1", "Upload-Draft-Interop-Version": "99"], 201),
        (["Upload-Incomplete": "?1"], 201), (["Upload-Complete": "?1", "Upload-Length": "9"], 400),
    ])
    func whatIsNoCreationIsAPlainUpload(_ fields: [String: String], _ status: Int) async {
        let (service, log) = (TestService(), InterimLog())
        let reply = await service.send(.put, "/files/a", fields, chunks: [Array("hello".utf8)], interim: log.take)
        #expect(reply.status == status)
        #expect(log.responses.isEmpty)
        #expect(service.bucket.uploads.uploads.isEmpty)
        #expect(reply["Upload-Complete"] == (status == 201 ? nil : "?0"))
    }

    @Test func withoutInterimResponsesAWholeUploadIsAPlainOne() async {
        let log = InterimLog()
        let off = TestService { $0.sendsInterimResponses = false }
        let fields = Draft(interop: 8).fields(completes: true)
        let reply = await off.send(.put, "/files/a", fields, chunks: [Array("hello".utf8)], interim: log.take)
        #expect(reply.status == 201 && reply["Upload-Complete"] == "?1")
        #expect(off.bucket.uploads.uploads.isEmpty)
        let old = TestService()
        let ten = await old.send(
            .put,
            "/files/a",
            fields,
            chunks: [Array("hello".utf8)],
            interim: log.take,
            isHTTP11: false
        )
        #expect(ten.status == 201)
        #expect(log.responses.isEmpty && old.bucket.uploads.uploads.isEmpty)
    }

    @Test func aKeyIsWorthMoreThanResumption() async {
        let (service, log) = (TestService(), InterimLog())
        let fields = Draft(interop: 8).fields(completes: true, ["Idempotency-Key": "k"])
        let disposition = fields.merging(["Content-Disposition": "inline; filename=a"]) { $1 }
        for _ in 0..<2 {
            let reply = await service.send(
                .post,
                "/files",
                disposition,
                chunks: [Array("hello".utf8)],
                interim: log.take
            )
            #expect(reply.status == 201 && reply["Upload-Complete"] == "?1")
        }
        #expect(service.bucket.paths == ["a"])
        #expect(log.responses.isEmpty)
    }

    @Test(arguments: [true, false])
    func whatCameOfAnInterruptedCreationIsKeptIfTheClientWasTold(_ isTold: Bool) async throws {
        let service = TestService()
        let log = InterimLog()
        let unsent: @Sendable (InterimResponse) -> Bool = { _ in false }
        let reply = await service.send(
            .put,
            "/files/a",
            Draft(interop: 8).fields(completes: true),
            chunks: [Array("hel".utf8)],
            isLengthDeclared: false,
            failure: RequestBodyError(.disconnected),
            interim: isTold ? log.take : unsent
        )
        #expect(reply.status == 400)
        #expect(service.bucket.uploads.uploads.count == (isTold ? 1 : 0))
        guard isTold else {
            #expect(service.bucket.spooled == 0)
            return
        }
        let location = try #require(log.responses.first?.headers[.location])
        let upload = try #require(UploadDialect.path(ofLocation: location))
        #expect(reply["Upload-Offset"] == "3" && reply["Upload-Complete"] == "?0")
        #expect(await service.offset(of: upload) == 3)
        #expect(await service.append("lo", at: 3, of: upload, completes: true).status == 201)
        #expect(service.bucket.bytes("a") == Array("hello".utf8))
    }
}
