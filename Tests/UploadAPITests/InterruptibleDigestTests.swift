import Digests
import HTTPTypes
import Ingest
import IngestTesting
import Testing

@testable import UploadAPI

/// What is verified of uploads in pieces, by either protocol.
@Suite struct InterruptibleDigestTests {
    private func digest(_ text: String, _ algorithm: DigestAlgorithm = .sha256) -> String {
        MemoryBucket.digest(algorithm, of: Array(text.utf8)).fieldMember ?? ""
    }

    @Test(arguments: Draft.all)
    func contentIsVerifiedBeforeItCounts(_ draft: Draft) async throws {
        let service = TestService()
        let upload = try await service.create(.put, "/files/a", draft, ["Content-Digest": digest("hel")], body: "hel")
        let bad = await service.append("lo", at: 3, of: upload, draft, ["Content-Digest": digest("xx")])
        #expect(bad.status == 400)
        #expect(bad.text.contains("digest-mismatched-values"))
        #expect(draft.isComplete(bad) == false)
        #expect(await service.offset(of: upload, draft) == 3)
        let fields = ["Content-Digest": digest("lo", .sha512)]
        #expect(await service.append("lo", at: 3, of: upload, completes: true, draft, fields).status == 201)
        #expect(service.bucket.bytes("a") == Array("hello".utf8))
    }

    @Test func digestsMayComeBehindTheContent() async throws {
        let service = TestService()
        let upload = try await service.create()
        for (value, status, offset) in [("xx", 400, 0), ("hello", 204, 5)] {
            let reply = await service.send(
                .patch,
                upload,
                Draft.newest.append(at: 0, completes: false, ["Trailer": "content-digest"]),
                chunks: [Array("hello".utf8)],
                isLengthDeclared: false,
                trailers: ["Content-Digest": digest(value)]
            )
            #expect(reply.status == status)
            #expect(await service.offset(of: upload) == offset)
        }
        let reply = await service.send(
            .patch,
            upload,
            Draft.newest.append(at: 5, completes: true, ["Trailer": "Repr-Digest"]),
            chunks: [Array(" world".utf8)],
            isLengthDeclared: false,
            trailers: ["Repr-Digest": digest("hello world", .sha512)]
        )
        #expect(reply.status == 201)
    }

    @Test(arguments: [true, false])
    func theWholeIsVerifiedBeforeItIsPublished(_ isForm: Bool) async throws {
        let service = TestService()
        let text = isForm ? String(decoding: Form.file("a", "hello").bytes, as: UTF8.self) : "hello"
        let fields = isForm ? Form.type : ["Content-Disposition": "inline; filename=a"]
        for algorithm in [DigestAlgorithm.sha256, .sha512, .md5] {
            let good = fields.merging(["Repr-Digest": digest(text, algorithm)]) { $1 }
            let upload = try await service.create(.post, "/files", .newest, good, body: text)
            #expect(await service.append("", at: text.utf8.count, of: upload, completes: true).status == 201)
            let bad = fields.merging(["Repr-Digest": digest("other", algorithm)]) { $1 }
            let other = try await service.create(.post, "/files", .newest, bad, body: text)
            let reply = await service.append("", at: text.utf8.count, of: other, completes: true)
            #expect(reply.status == 400)
            #expect(reply.text.contains("digest-mismatched-values"))
            #expect(Draft.newest.isComplete(reply) == true)
            #expect(await service.offset(of: other) == nil)
            // A later request's is of its own content: it says nothing of the whole.
            let silent = try await service.create(.post, "/files", .newest, fields, body: text)
            let late = ["Repr-Digest": digest("other", algorithm)]
            let end = await service.append("", at: text.utf8.count, of: silent, completes: true, .newest, late)
            #expect(end.status == 201)
        }
        #expect(service.bucket.paths.count == 6)
        #expect(service.bucket.spooled == 0)
    }

    @Test func tusUploadsAreVerifiedToo() async throws {
        let service = TestService()
        let version = ["Tus-Resumable": "1.0.0"]
        for (value, status) in [("hello", 204), ("other", 400)] {
            let created = await service.send(
                .post,
                "/files",
                version.merging(["Upload-Length": "5", "Repr-Digest": digest(value, .sha512)]) { $1 }
            )
            let upload = try #require(created["Location"].flatMap(UploadDialect.path(ofLocation:)))
            let content = version.merging([
                "Content-Type": "application/offset+octet-stream", "Upload-Offset": "0",
            ]) { $1 }
            let wrong = content.merging(["Content-Digest": digest("xx")]) { $1 }
            #expect(await service.send(.patch, upload, wrong, body: "hello").status == 400)
            #expect(await service.offset(of: upload) == 0)
            #expect(await service.send(.patch, upload, content, body: "hello").status == status)
            #expect(await service.offset(of: upload) == (status == 204 ? 5 : nil))
        }
        #expect(service.bucket.paths == ["upload"])
    }
}
