import HTTPTypes
import Ingest
import Testing

@testable import UploadAPI

@Suite struct FormUploadTests {
    @Test(arguments: [1, 2, 3, 7, 64, 4096])
    func chunksOfAnySizeGiveTheSameFiles(size: Int) async {
        let service = TestService()
        let form = Form.file("a.txt", "one\r\n--XY\r\n").field("note", "ignored").file("b.bin", "two").bytes
        let chunks = stride(from: 0, to: form.count, by: size).map { Array(form[$0..<min($0 + size, form.count)]) }
        let reply = await service.send(.post, "/upload-file", Form.type, chunks: chunks)
        #expect(reply.status == 200)
        #expect(service.bucket.paths == ["a.txt", "b.bin"])
        #expect(service.bucket.bytes("a.txt") == Array("one\r\n--XY\r\n".utf8))
        #expect(service.bucket.bytes("b.bin") == Array("two".utf8))
        #expect(service.bucket.spooled == 0)
    }

    @Test func theAnswerNamesTheFirstAndAll() async throws {
        let service = TestService(plan: ["checksum"])
        let reply = await service.send(.post, "/upload-file", Form.type, chunks: [Form.file("a.txt", "x").bytes])
        let digest = MemoryBucket.digest(of: Array("x".utf8)).hexadecimal
        #expect(
            reply.text
                == #"{"filename":"a.txt","files":[{"filename":"a.txt","url":"/files/a.txt","size":1,"#
                + #""contentType":"text/plain","sha256":"\#(digest)","uploadedAt":"2026-11-22T10:51:15.042Z","#
                + #""thumbnails":{},"jobs":[{"id":2,"kind":"checksum","state":"ready","file":"a.txt","attempt":0,"#
                + #""error":null,"result":null,"createdAt":"2026-11-22T10:51:15.042Z","startedAt":null,"finishedAt":null}]}]}"#
                + "\n"
        )
    }

    @Test func postFilesAnswersWithTheLocationOfOneFile() async {
        let service = TestService()
        let one = await service.send(.post, "/files", Form.type, chunks: [Form.file("a b.txt", "x").bytes])
        #expect(one.status == 201)
        #expect(one["Location"] == "/files/a%20b.txt")
        let two = await service.send(
            .post,
            "/files/in/here/",
            Form.type,
            chunks: [Form.file("c", "x").file("d", "y").bytes]
        )
        #expect(two.status == 201)
        #expect(two["Location"] == nil)
        #expect(service.bucket.paths == ["a b.txt", "in/here/c", "in/here/d"])
    }

    @Test func aBrowserIsSentBackToThePage() async {
        let service = TestService()
        let fields = Form.type.merging(["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"]) { first, _ in first }
        let reply = await service.send(.post, "/files", fields, chunks: [Form.file("a", "x").bytes])
        #expect(reply.status == 303)
        #expect(reply["Location"] == "/")
        let failed = await service.send(.post, "/files", fields, chunks: [Form().bytes])
        #expect(failed.status == 400)
        #expect(failed["Content-Type"] == "text/html; charset=utf-8")
        #expect(failed.text.contains("The form holds no file."))
    }

    @Test func namesAreRepairedAndKept() async {
        let service = TestService()
        let reply = await service.send(.post, "/files", Form.type, chunks: [Form.file("../../etc/.passwd", "x").bytes])
        #expect(service.bucket.paths == ["passwd"])
        #expect(reply.text.contains(#""originalName":"../../etc/.passwd""#))
    }

    @Test func aTakenNameFollowsTheRule() async {
        for (collision, status, paths) in [
            (Collision.rename, 201, ["a (1).txt", "a.txt"]), (.replace, 201, ["a.txt"]), (.reject, 409, ["a.txt"]),
        ] {
            let service = TestService { $0.collision = collision }
            service.bucket.add("a.txt")
            let reply = await service.send(.post, "/files", Form.type, chunks: [Form.file("a.txt", "x").bytes])
            #expect(reply.status == status)
            #expect(service.bucket.paths == paths)
            #expect(service.bucket.spooled == 0)
        }
    }

    @Test func anInputWithoutAFileIsNoFile() async {
        let service = TestService()
        let empty = Form().adding("name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream", "")
        #expect(await service.send(.post, "/upload-file", Form.type, chunks: [empty.bytes]).status == 400)
        let both = empty.file("empty.txt", "")
        #expect(await service.send(.post, "/upload-file", Form.type, chunks: [both.bytes]).status == 200)
        #expect(service.bucket.paths == ["empty.txt"])
        let unnamed = Form().adding("name=\"file\"; filename=\"\"", "content")
        #expect(await service.send(.post, "/upload-file", Form.type, chunks: [unnamed.bytes]).status == 200)
        #expect(service.bucket.paths == ["empty.txt", "upload"])
    }

    @Test func whatIsWrongWithTheFormComesBeforeWhatTheServerIsShortOf() async {
        var limits = IngestLimits()
        limits.quota = 5
        let service = TestService(limits: limits)
        service.bucket.add("full", "hello")
        let form = Form.file("a", "x").bytes
        let noBoundary = await service.send(
            .post,
            "/files",
            ["Content-Type": "multipart/form-data"],
            chunks: [form]
        )
        #expect(noBoundary.status == 400)
        let full = await service.send(.post, "/files", Form.type, chunks: [form])
        #expect(full.status == 507)
        #expect(full.text.contains(#""limit":5"#))
        #expect(full["Retry-After"] != nil)
    }

    @Test(arguments: [(0, 1500, 201), (1200, 1200, 201), (1200, 1201, 413)])
    func filesAreLimitedByTheirOwnLimitOnly(limit: Int, count: Int, status: Int) async {
        var limits = IngestLimits()
        limits.maxFilesPerForm = limit
        let service = TestService(limits: limits)
        let form = (0..<count).reduce(Form()) { form, number in form.file("f\(number)", "x") }
        let reply = await service.send(.post, "/files", Form.type, chunks: [form.bytes])
        #expect(reply.status == status)
        #expect(service.bucket.spooled == 0)
    }

    @Test(arguments: [(1, 4, 1 << 40, true), (0, 4, 1 << 40, false), (1, 0, 1 << 40, false), (1, 4, 1 << 20, false)])
    func aFormThatCannotButHoldTooMuchIsKnownByItsLength(size: Int64, files: Int, body: Int64, isRefused: Bool) {
        var limits = IngestLimits()
        limits.maxUploadSize = size
        limits.maxFilesPerForm = files
        do {
            try FormLimits(limits).requireSize(body)
            #expect(!isRefused)
        } catch {
            #expect(isRefused)
            #expect(error.code == .tooLarge)
        }
    }
}
