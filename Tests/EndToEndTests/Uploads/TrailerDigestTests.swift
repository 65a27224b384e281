import Digests
import IngestTesting
import Testing

/// Digests that come behind a chunked body.
@Suite(.timeLimit(.minutes(2))) struct TrailerDigestTests {
    enum Upload: CaseIterable, CustomTestStringConvertible {
        case put, post, form

        var testDescription: String { "\(self)" }
        var line: (method: String, target: String) { self == .put ? ("PUT", "/files/a") : ("POST", "/files") }
        private var form: FormBody { FormBody(files: [("a", TrailerDigestTests.content)]) }
        var body: [UInt8] { self == .form ? form.bytes : TrailerDigestTests.content }
        var fields: [(String, String)] {
            switch self {
            case .put: []
            case .post: [("Content-Disposition", "attachment; filename=a")]
            case .form: [("Content-Type", form.contentType)]
            }
        }
    }

    private static let content = Array("hello world".utf8)

    private static func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) -> Digest {
        var digest = StreamingDigest(algorithm)
        digest.update(bytes[...])
        return digest.finalize()
    }

    private struct Row {
        var announced: String?
        var trailers: [String]
        /// The problem's name in the registry; nil where the file is stored.
        var problem: String?
    }

    private static func rows(_ body: [UInt8]) throws -> [Row] {
        var rows: [Row] = []
        for algorithm in [DigestAlgorithm.sha256, .sha512, .sha1, .md5, .crc32c] {
            let right = try #require(digest(algorithm, of: body).fieldMember)
            let wrong = try #require(digest(algorithm, of: body + [1]).fieldMember)
            rows.append(Row(announced: "Content-Digest", trailers: ["Content-Digest: \(right)"]))
            rows.append(Row(announced: "x, repr-digest", trailers: ["Repr-Digest: \(right)", "X: y"]))
            let mismatch = "digest-mismatched-values"
            rows.append(Row(announced: "Repr-Digest", trailers: ["Repr-Digest: \(wrong)"], problem: mismatch))
        }
        let right = try #require(digest(.sha256, of: body).fieldMember)
        let md5 = digest(.md5, of: body).base64
        let invalid = "digest-invalid-values"
        rows += [
            Row(announced: "Content-MD5", trailers: ["Content-MD5: \(md5)"]),
            Row(announced: "Content-Digest", trailers: [], problem: invalid),
            Row(announced: "Content-Digest, Repr-Digest", trailers: ["Repr-Digest: \(right)"], problem: invalid),
            Row(announced: "Content-Digest", trailers: ["Content-Digest: sha-256=:AAAA:"], problem: invalid),
            Row(
                announced: "Content-Digest",
                trailers: ["Content-Digest: unixsum=:AA==:"],
                problem: "digest-unsupported-algorithms"
            ),
            Row(announced: nil, trailers: ["Content-MD5: \(md5)"], problem: invalid),
        ]
        return rows
    }

    @Test(arguments: Upload.allCases) func whatComesBehindTheBodyIsVerified(_ upload: Upload) async throws {
        let audited = try await AuditedDaemon.start()
        for row in try Self.rows(upload.body) {
            let place = "\(upload): \(row)"
            let client = try await LoopbackClient.connect(to: audited.daemon.address)
            let announced = row.announced.map { [("Trailer", $0)] } ?? []
            let fields = upload.fields + announced + [("Transfer-Encoding", "chunked")]
            try await client.send(LoopbackClient.head(upload.line.method, upload.line.target, headers: fields))
            let size = String(upload.body.count, radix: 16)
            try await client.send(Array("\(size)\r\n".utf8) + upload.body)
            try await client.send("\r\n0\r\n" + row.trailers.map { "\($0)\r\n" }.joined() + "\r\n")
            let reply = try await client.readReply()
            client.close()
            if let problem = row.problem {
                #expect(reply.status == 400, "\(place): \(reply.text)")
                #expect(reply.text.contains("http-problem-types#\(problem)\""), "\(place): \(reply.text)")
                try await audited.audit(after: place)
            } else {
                #expect(reply.status == 201, "\(place): \(reply.text)")
                try await audited.audit(after: place, keeping: ["a": Self.content])
                #expect(try await audited.daemon.request("DELETE", "/files/a").status == 204)
            }
        }
        await audited.stop()
    }
}
