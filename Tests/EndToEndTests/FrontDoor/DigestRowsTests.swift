import Digests
import IngestTesting
import Testing

/// What senders say that their bytes hash to.
@Suite(.timeLimit(.minutes(4))) struct DigestRowsTests {
    private static let content = Array("hello world".utf8)
    private static let registry = "https://iana.org/assignments/http-problem-types#"
    private static let known: [DigestAlgorithm] = [.sha256, .sha512, .sha1, .md5, .crc32c]

    private static func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) -> Digest {
        var digest = StreamingDigest(algorithm)
        digest.update(bytes[...])
        return digest.finalize()
    }

    private static func member(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) throws -> String {
        try #require(digest(algorithm, of: bytes).fieldMember)
    }

    private struct Row {
        var fields: [String]
        /// The problem's name in the registry; nil where the file is stored.
        var problem: String?
        /// What the problem must say.
        var text = ""
        /// Fields of the answer.
        var answer: [String: String] = [:]
    }

    /// `body` is what the fields cover.
    private static func rows(of upload: CurlUpload, body: [UInt8]) throws -> [Row] {
        let other = Array("hello there".utf8)
        let names = upload == .formPart ? ["Content-Digest"] : ["Content-Digest", "Repr-Digest"]
        let wanted = "sha-256=10, sha-512=9, sha=2, md5=1, crc32c=1"
        var rows: [Row] = []
        for name in names {
            for algorithm in known {
                rows.append(Row(fields: ["\(name): \(try member(algorithm, of: body))"]))
                let wrong = digest(algorithm, of: other)
                let key = try #require(algorithm.fieldKey)
                let told =
                    #""mismatched_digests":[{"algorithm":"\#(key)","provided_digest":"\#(wrong.fieldValue)","#
                    + #""header":"\#(name)"}]"#
                let field = "\(name): \(try member(algorithm, of: other))"
                rows.append(Row(fields: [field], problem: "digest-mismatched-values", text: told))
            }
            let right = try member(.sha256, of: body)
            let wrong = try member(.md5, of: other)
            let unsupported = #""unsupported_algorithms":[{"algorithm":"unixsum","header":"\#(name)"}]"#
            let invalid = "digest-invalid-values"
            rows += [
                Row(fields: ["\(name): \(right), \(wrong)"], problem: "digest-mismatched-values", text: #""md5""#),
                Row(fields: ["\(name): unixsum=:AA==:, \(right)"]),
                Row(
                    fields: ["\(name): unixsum=:AA==:"],
                    problem: "digest-unsupported-algorithms",
                    text: unsupported,
                    answer: ["Want-\(name)": wanted]
                ),
                Row(fields: ["\(name): sha-256=:AAAA:"], problem: invalid, text: #""algorithm":"sha-256""#),
                Row(fields: ["\(name): sha-256=AAAA"], problem: invalid, text: #""algorithm":"sha-256""#),
                Row(fields: ["\(name): sha-256=:AA*A:"], problem: invalid, text: #""header":"\#(name)""#),
            ]
            if upload != .formPart {
                rows += [
                    Row(fields: ["\(name): \(try member(.sha1, of: body))", "\(name): \(right)"]),
                    Row(fields: ["\(name): \(right)", "\(name): \(wrong)"], problem: "digest-mismatched-values"),
                ]
            }
        }
        let md5 = digest(.md5, of: body).base64
        rows += [
            Row(fields: ["Content-MD5: \(md5)"]),
            Row(
                fields: ["Content-MD5: \(digest(.md5, of: other).base64)"],
                problem: "digest-mismatched-values",
                text: #""header":"Content-MD5""#
            ),
            Row(fields: ["Content-MD5: AAAA"], problem: "digest-invalid-values", text: #""header":"Content-MD5""#),
        ]
        return rows
    }

    @Test(arguments: CurlUpload.allCases)
    func anUploadIsHeldAgainstItsDigests(upload: CurlUpload) async throws {
        let audited = try await AuditedDaemon.start()
        let sources = try TemporaryDirectory()
        let body = upload.body(of: Self.content, named: "a")
        for row in try Self.rows(of: upload, body: body) {
            let place = "\(upload): \(row.fields)"
            let reply = try await upload.send(
                Self.content,
                named: "a",
                fields: row.fields,
                to: audited.daemon,
                from: sources
            )
            if let problem = row.problem {
                #expect(reply.status == 400, "\(place): \(reply.text)")
                #expect(reply["Content-Type"] == "application/problem+json")
                #expect(reply.text.contains(#""type":"\#(Self.registry)\#(problem)""#), "\(place): \(reply.text)")
                #expect(reply.text.contains(row.text), "\(place): \(reply.text)")
                for algorithm in Self.known {
                    let computed = Self.digest(algorithm, of: body)
                    let isSent = row.fields.contains { $0.contains(computed.base64) }
                    #expect(isSent || !reply.text.contains(computed.base64), "\(place): \(reply.text)")
                }
                for (name, value) in row.answer {
                    #expect(reply[name] == value, place.comment)
                }
                // Nothing is published, and the spool is empty.
                try await audited.audit(after: place)
            } else {
                #expect([200, 201].contains(reply.status), "\(place): \(reply.text)")
                #expect(reply["Repr-Digest"] == (try Self.member(.sha256, of: Self.content)), place.comment)
                try await audited.audit(after: place, keeping: ["a": Self.content])
                #expect(try await audited.daemon.request("DELETE", "/files/a").status == 204)
            }
        }
        await audited.stop()
    }

    @Test func aFormWithOneWrongPartStoresNothing() async throws {
        let audited = try await AuditedDaemon.start()
        let sources = try TemporaryDirectory()
        try sources.write(Self.content, to: "a")
        let url = try #require(audited.daemon.url)
        let wrong = try Self.member(.sha512, of: [])
        let right = try Self.member(.sha512, of: Self.content)
        let file = "file=@\(sources.file("a"))"
        for (digests, status) in [([right, wrong], 400), ([wrong, right], 400), ([right, right], 201)] {
            let parts = digests.enumerated().flatMap { index, digest in
                ["-F", "\(file);filename=\(index);headers=\"Content-Digest: \(digest)\""]
            }
            let reply = try await CurlReply.get(parts + ["\(url)/files"])
            #expect(reply.status == status, "\(reply.text)")
            let stored = status == 201 ? ["0": Self.content, "1": Self.content] : [:]
            try await audited.audit(after: "\(digests)", keeping: stored)
        }
        await audited.stop()
    }

    /// The body is hashed as it comes, in pieces, and the upload is no smaller than a piece.
    @Test(arguments: [CurlUpload.put, .form])
    func aLargeBodyIsHeldAgainstItsDigest(upload: CurlUpload) async throws {
        let audited = try await AuditedDaemon.start()
        let sources = try TemporaryDirectory()
        let content = Content(seed: 3, size: 9_000_001).bytes
        let body = upload.body(of: content, named: "a")
        var damaged = body
        damaged[7_000_000] ^= 1
        for (claimed, problem) in [(damaged, "digest-mismatched-values"), (body, nil)] {
            let digests = try [DigestAlgorithm.sha512, .md5].map { try Self.member($0, of: claimed) }
            let fields = ["Content-Digest: \(digests.joined(separator: ", "))"]
            let reply = try await upload.send(content, named: "a", fields: fields, to: audited.daemon, from: sources)
            #expect(reply.status == (problem == nil ? (upload == .put ? 201 : 200) : 400), "\(reply.text)")
            #expect(reply.text.contains(problem ?? "filename"))
            try await audited.audit(after: "\(upload)", keeping: problem == nil ? ["a": content] : [:])
        }
        await audited.stop()
    }

    @Test func aReaderGetsTheDigestItWants() async throws {
        let audited = try await AuditedDaemon.start()
        let sources = try TemporaryDirectory()
        let url = try #require(audited.daemon.url) + "/files/a"
        let digests = try [DigestAlgorithm.sha256, .md5].map { try Self.member($0, of: Self.content) }
        let sent = try await CurlUpload.put.send(
            Self.content,
            named: "a",
            fields: ["Repr-Digest: \(digests[1])", "Want-Repr-Digest: md5=10, sha-512=1"],
            to: audited.daemon,
            from: sources
        )
        #expect(sent.status == 201)
        #expect(sent["Repr-Digest"] == digests[1])
        let tag = try #require(sent["ETag"])
        let rows: [([String], Int, String?)] = [
            ([], 200, digests[0]), (["-I"], 200, digests[0]), (["-H", "Range: bytes=2-4"], 206, digests[0]),
            (["-H", "If-None-Match: \(tag)"], 304, digests[0]), (["-H", "Want-Repr-Digest: md5=1"], 200, digests[1]),
            (["-I", "-H", "Want-Repr-Digest: md5=1"], 200, digests[1]),
            (["-H", "Range: bytes=2-4", "-H", "Want-Repr-Digest: md5=1"], 206, digests[1]),
            (["-H", "Want-Repr-Digest: sha-512=10"], 200, digests[0]),
            (["-H", "Want-Repr-Digest: sha-256=0"], 200, nil), (["-H", "Range: bytes=99-"], 416, nil),
        ]
        for (arguments, status, digest) in rows {
            let reply = try await CurlReply.get(arguments + [url])
            #expect(reply.status == status, "\(arguments)")
            #expect(reply["Repr-Digest"] == digest, "\(arguments)")
        }
        let content = try await CurlReply.get(["-H", "Want-Content-Digest: md5=1", url])
        #expect(content["Content-Digest"] == digests[1])
        let replaced = try await CurlReply.get(["-T", "\(sources.file("a"))", url])
        #expect(replaced.status == 204)
        #expect(replaced["Repr-Digest"] == digests[0])
        try audited.directory.write(Array("changed".utf8), to: "bucket/a")
        let changed = try await CurlReply.get(["-H", "Want-Repr-Digest: md5=1", url])
        #expect(changed.status == 200 && changed.text == "changed")
        #expect(changed["Repr-Digest"] == nil)
        #expect(changed["ETag"]?.hasPrefix("W/") == true)
        await audited.stop()
    }
}

extension String {
    fileprivate var comment: Comment { "\(self)" }
}
