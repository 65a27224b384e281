import Digests
import HTTPTypes
import Ingest
import MicroHTTP
import Testing
import Threading

@testable import UploadAPI

/// What senders say that their bodies hash to.
@Suite struct DigestTests {
    private static let fields = ["Content-Digest", "Repr-Digest"]
    private static let known: [DigestAlgorithm] = [.sha256, .sha512, .sha1, .md5, .crc32c]

    private static func member(_ algorithm: DigestAlgorithm, of text: String) throws -> String {
        try #require(MemoryBucket.digest(algorithm, of: Array(text.utf8)).fieldMember)
    }

    private static func md5(of text: String) -> String {
        MemoryBucket.digest(.md5, of: Array(text.utf8)).base64
    }

    private static let registry = #""type":"https://iana.org/assignments/http-problem-types#"#

    @Test(arguments: fields, known)
    func aDigestIsHeldAgainstTheBody(field: String, algorithm: DigestAlgorithm) async throws {
        let service = TestService()
        let member = try Self.member(algorithm, of: "x")
        let wrong = await service.send(.put, "/files/a", [field: member], body: "y")
        #expect(wrong.status == 400)
        #expect(wrong.text.contains(Self.registry + #"digest-mismatched-values""#))
        let key = try #require(algorithm.fieldKey)
        let value = member.dropFirst(key.utf8.count + 1)
        #expect(
            wrong.text.contains(
                #""mismatched_digests":[{"algorithm":"\#(key)","provided_digest":"\#(value)","header":"\#(field)"}]"#
            )
        )
        let computed = MemoryBucket.digest(algorithm, of: Array("y".utf8))
        #expect(!wrong.text.contains(computed.base64) && !wrong.text.contains(computed.hex))
        #expect(service.bucket.spooled == 0)
        #expect(service.bucket.paths.isEmpty)
        #expect(await service.send(.put, "/files/a", [field: member], body: "x").status == 201)
    }

    @Test func aWholeMD5IsHeldAgainstTheBody() async {
        let service = TestService()
        let fields = ["Content-MD5": Self.md5(of: "x")]
        #expect(await service.send(.put, "/files/a", fields, body: "x").status == 201)
        let wrong = await service.send(.put, "/files/b", fields, body: "y")
        #expect(wrong.status == 400)
        let told = #""algorithm":"md5","provided_digest":":\#(Self.md5(of: "x")):","header":"Content-MD5""#
        #expect(wrong.text.contains(told))
        #expect(service.bucket.paths == ["a"])
    }

    @Test func everyKnownDigestIsVerified() async throws {
        let service = TestService()
        let right = try Self.member(.sha256, of: "x")
        let wrong = try Self.member(.md5, of: "y")
        let fields = ["Content-Digest": "\(right), \(wrong)", "Repr-Digest": right]
        let reply = await service.send(.put, "/files/a", fields, body: "x")
        #expect(reply.status == 400)
        #expect(reply.text.contains(#""algorithm":"md5""#))
        #expect(!reply.text.contains(#""algorithm":"sha-256""#))
        // Of two fields that say different things one cannot hold.
        let other = ["Content-Digest": right, "Repr-Digest": try Self.member(.sha256, of: "y")]
        #expect(await service.send(.put, "/files/a", other, body: "x").status == 400)
        #expect(service.bucket.paths.isEmpty)
    }

    /// RFC 9651 section 4.2.2: the later value counts.
    @Test func ofAKeyThatComesTwiceTheLaterCounts() async throws {
        let service = TestService()
        let (right, wrong) = (try Self.member(.sha256, of: "x"), try Self.member(.sha256, of: "y"))
        #expect(await service.send(.put, "/files/a", ["Repr-Digest": "\(wrong), \(right)"], body: "x").status == 201)
        #expect(await service.send(.put, "/files/b", ["Repr-Digest": "\(right),\(wrong)"], body: "x").status == 400)
    }

    @Test(arguments: fields)
    func unknownAlgorithmsAreRefusedUnlessAKnownOneIsThere(field: String) async throws {
        let service = TestService()
        let right = try Self.member(.sha256, of: "x")
        let reply = await service.send(.put, "/files/a", [field: "unixsum=:AAA=:, foo=1"], body: "x")
        #expect(reply.status == 400)
        #expect(reply.text.contains(Self.registry + #"digest-unsupported-algorithms""#))
        #expect(
            reply.text.contains(
                #""unsupported_algorithms":[{"algorithm":"unixsum","header":"\#(field)"},{"algorithm":"foo","header":"\#(field)"}]"#
            )
        )
        #expect(reply["Want-\(field)"] == "sha-256=10, sha-512=9, sha=2, md5=1, crc32c=1")
        #expect(Self.fields.count { reply["Want-\($0)"] != nil } == 1)
        #expect(await service.send(.put, "/files/a", [field: "foo=1, \(right)"], body: "x").status == 201)
        #expect(service.bucket.paths == ["a"])
    }

    /// crc32 is no algorithm of these fields.
    @Test(arguments: [
        ("sha-256=:eA==:", "sha-256"), ("sha-256=:eA==:, foo=1", "sha-256"), ("sha-256=1", "sha-256"), ("md5", "md5"),
        ("sha-256=(:eA==:)", "sha-256"), ("sha-512=\"x\"", "sha-512"),
    ])
    func aValueThatIsNoDigestIsRefused(value: String, algorithm: String) async {
        let service = TestService()
        for field in Self.fields {
            let reply = await service.send(.put, "/files/a", [field: value], body: "x")
            #expect(reply.status == 400)
            #expect(reply.text.contains(Self.registry + #"digest-invalid-values""#))
            #expect(
                reply.text.contains(#""invalid_digests":[{"algorithm":"\#(algorithm)","header":"\#(field)","reason":""#)
            )
        }
        #expect(service.bucket.paths.isEmpty)
    }

    @Test(arguments: [
        "sha-256=:eA=:=", "SHA-256=:eA==:", "sha-256=:e!==:", ",", "sha-256=", "sha-256=:eA==:,", "\u{E9}",
    ])
    func aFieldThatIsNoDictionaryIsRefused(value: String) async {
        let service = TestService()
        for field in Self.fields {
            let reply = await service.send(.put, "/files/a", [field: value], body: "x")
            #expect(reply.status == 400)
            #expect(reply.text.contains(#""invalid_digests":[{"header":"\#(field)","reason":""#), "\(reply.text)")
        }
    }

    @Test(arguments: ["", "eA==", "x", "kPoBaS+9OHGWJHX8YhKJlw==, kPoBaS+9OHGWJHX8YhKJlw=="])
    func aValueThatIsNoMD5IsRefused(value: String) async {
        let reply = await TestService().send(.put, "/files/a", ["Content-MD5": value], body: "x")
        #expect(reply.status == 400)
        #expect(reply.text.contains(#""invalid_digests":[{"algorithm":"md5","header":"Content-MD5","reason":""#))
    }

    @Test func aRawPostIsHeldAgainstItsDigests() async throws {
        let service = TestService()
        for (name, content, status) in [("a", "x", 201), ("b", "y", 400)] {
            let fields = [
                "Content-Disposition": "attachment; filename=\(name)",
                "Content-Digest": try Self.member(.sha512, of: "x"), "Repr-Digest": try Self.member(.crc32c, of: "x"),
            ]
            #expect(await service.send(.post, "/files", fields, body: content).status == status)
        }
        #expect(service.bucket.paths == ["a"])
    }

    @Test func aPartIsHeldAgainstItsDigests() async throws {
        let service = TestService()
        let lines = [
            "Content-Digest: \(try Self.member(.sha256, of: "x"))", "Content-MD5: \(Self.md5(of: "x"))",
            "Content-Digest: \(try Self.member(.md5, of: "x"))\r\nContent-Digest: \(try Self.member(.sha1, of: "x"))",
        ]
        for (index, line) in lines.enumerated() {
            for (content, status) in [("x", 201), ("y", 400)] {
                let form = Form().file("first", "1")
                    .adding("name=\"f\"; filename=\"\(content)\(index)\"\r\n\(line)", content)
                let reply = await service.send(.post, "/files", Form.type, chunks: [form.bytes])
                #expect(reply.status == status, "\(reply.text)")
            }
        }
        #expect(service.bucket.paths.filter { !$0.hasPrefix("first") } == ["x0", "x1", "x2"])
        #expect(service.bucket.spooled == 0)
    }

    @Test(arguments: fields + ["Content-MD5"])
    func aFormIsHeldAgainstTheDigestOfItsEncoding(field: String) async throws {
        let service = TestService()
        let form = Form().file("a", "x").field("b", "z").file("c", "y")
        for (body, status) in [(form.bytes, 201), (form.file("d", "more").bytes, 400)] {
            let digest = MemoryBucket.digest(.md5, of: form.bytes)
            let value = field == "Content-MD5" ? digest.base64 : try #require(digest.fieldMember)
            let chunks = stride(from: 0, to: body.count, by: 7).map { Array(body[$0..<min($0 + 7, body.count)]) }
            let reply = await service.send(.post, "/files", Form.type.merging([field: value]) { $1 }, chunks: chunks)
            #expect(reply.status == status, "\(reply.text)")
            #expect(status == 201 || reply.text.contains(#""header":"\#(field)""#))
        }
        #expect(service.bucket.paths == ["a", "c"])
        #expect(service.bucket.spooled == 0)
    }

    /// The files' own digests need no second look at the bytes.
    @Test func aFormIsHashedAsAWholeOnlyIfThatIsAsked() async {
        let service = TestService()
        #expect(await service.send(.post, "/files", Form.type, chunks: [Form().file("a", "x").bytes]).status == 201)
        #expect(service.bucket.state.withLock { $0.hashed } == 0)
    }

    @Test func aFieldOfThousandsIsAnsweredShortly() async {
        let keys = (0..<4000).map { "a\($0)" }
        for values in [keys, keys.map { "\($0)=:AA==:" }] {
            let value = values.joined(separator: ",")
            let fields = ["Content-Digest": value, "Repr-Digest": value]
            let reply = await TestService().send(.put, "/files/a", fields, body: "x")
            #expect(reply.status == 400)
            #expect(reply.bytes.count < 4096)
        }
    }

    @Test func aFormsDigestMustBeOneBeforeItsBodyIsRead() async {
        let service = TestService()
        let fields = Form.type.merging(["Content-Digest": "foo=:AA==:"]) { $1 }
        let failure = RequestBodyError(.truncated)
        let reply = await service.send(.post, "/files", fields, isLengthDeclared: false, failure: failure)
        #expect(reply.text.contains("digest-unsupported-algorithms"))
    }
}
