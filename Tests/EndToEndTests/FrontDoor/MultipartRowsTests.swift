import IngestTesting
import Testing

/// Forms that are not as they should be, and unusual ones that are.
@Suite(.timeLimit(.minutes(2))) struct MultipartRowsTests {
    private static let part = WireCase.part
    private static let body = "--B\r\n\(part)--B--\r\n"
    private static let longest = String(repeating: "b", count: 70)
    private static let field = "Content-Disposition: form-data; name=f\r\n\r\n"

    private static func type(_ parameters: String) -> String { "multipart/form-data; \(parameters)" }

    private static func headed(_ name: String, _ headers: String, _ outcome: WireCase.Outcome = .refused([400]))
        -> WireCase
    {
        .form(name, "--B\r\n\(headers)\r\n\r\nabc\r\n--B--\r\n", outcome)
    }

    private static func stored(_ name: String = "a", _ content: String = "abc") -> WireCase.Outcome {
        .stored([200], [name: Array(content.utf8)])
    }

    static let boundaries: [WireCase] = [
        .form("no boundary", body, type: "multipart/form-data"),
        .form("an empty boundary", body, type: type("boundary=")),
        .form("an empty boundary in quotes", body, type: type("boundary=\"\"")),
        .form("a quote that does not end", body, type: type("boundary=\"B")),
        .form("two boundaries", body, type: type("boundary=B; boundary=C")),
        .form("a boundary of 71", "x", type: type("boundary=\(longest)b")),
        .form("a boundary of 5,000", "x", type: type("boundary=\(String(repeating: "b", count: 5000))")),
        .form("another boundary", body, type: type("boundary=C")),
        .form("another type", body, type: "multipart/form-dataX; boundary=B", .refused([415])),
        .form("multipart/mixed", body, type: "multipart/mixed; boundary=B", .refused([415])),
        .form("a boundary of 1", "--c\r\n\(part)--c--\r\n", type: type("boundary=c"), stored()),
        .form("one of 70", "--\(longest)\r\n\(part)--\(longest)--\r\n", type: type("boundary=\(longest)"), stored()),
        .form("in capitals", body, type: "Multipart/Form-Data; BOUNDARY=B", stored()),
        .form("in quotes, after another", body, type: type("xboundary=Q; boundary=\"B\"; charset=utf-8"), stored()),
    ]

    static let shapes: [WireCase] = [
        .form("no close delimiter", "--B\r\n\(part)--B\r\n"),
        .form("a close delimiter without its dashes", "--B\r\n\(part)--B"),
        .form("no part", "--B--\r\n"),
        .form("an empty body", ""),
        .form("only a field", "--B\r\n\(field)x\r\n--B--\r\n"),
        .form("bare line feeds", "--B\n\(part.replacing("\r\n", with: "\n"))--B--\n"),
        .form("a preamble above 16 KiB", String(repeating: "\r\n", count: 8194) + body),
        .form("an epilogue above 64 KiB", body + String(repeating: "x", count: 65_600)),
        .form("something after the close delimiter", "--B\r\n\(part)--B--x\r\n"),
        .form("101 files", String(repeating: "--B\r\n\(part)", count: 101) + "--B--\r\n", .refused([413])),
        .form("1,001 fields", String(repeating: "--B\r\n\(field)\r\n", count: 1001) + "--B--\r\n", .refused([413])),
        .form(
            "a field above 64 KiB",
            "--B\r\n\(field)\(String(repeating: "x", count: 65_537))\r\n--B--\r\n",
            .refused([413])
        ),
        .form("a good file, then a bad part", "--B\r\n\(part)--B\r\nX: y\r\n\r\nz\r\n--B--\r\n"),
        .form("a preamble", "not for you\r\n\(body)", stored()),
        .form("an epilogue", body + String(repeating: "x", count: 100), stored()),
        .form("no line end at the end", "--B\r\n\(part)--B--", stored()),
        .form("blanks after the boundary", "--B \t\r\n\(part)--B-- \r\n", stored()),
        .form(
            "content like a delimiter",
            "--B\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n\r\n--Bnot\r\n-\r\n--\r\n\r\n--B--\r\n",
            stored("a", "\r\n--Bnot\r\n-\r\n--\r\n")
        ),
        .form(
            "a file input left empty, then a file",
            "--B\r\nContent-Disposition: form-data; name=f; filename=\"\"\r\n\r\n\r\n--B\r\n\(part)--B--\r\n",
            stored()
        ),
    ]

    static let headers: [WireCase] = [
        headed("two file names", "Content-Disposition: form-data; name=f; filename=a; filename=b"),
        headed(
            "two dispositions",
            "Content-Disposition: form-data; name=f; filename=a\r\nContent-Disposition: form-data; name=f; filename=b"
        ),
        headed("no name", "Content-Disposition: form-data; filename=a"),
        headed("no disposition", "Content-Type: text/plain"),
        headed("another disposition", "Content-Disposition: attachment; name=f; filename=a"),
        headed("a folded header", "Content-Disposition: form-data;\r\n name=f; filename=a"),
        headed("a line without a colon", "Content-Disposition: form-data; name=f; filename=a\r\nnonsense"),
        headed(
            "a control character in a type",
            "Content-Type: a\u{1B}b\r\nContent-Disposition: form-data; name=f; filename=a"
        ),
        headed("NUL in a header", "Content-Disposition: form-data; name=f; filename=\"a\u{0}b\""),
        headed(
            "base64",
            "Content-Transfer-Encoding: base64\r\nContent-Disposition: form-data; name=f; filename=a",
            .refused([415])
        ),
        headed(
            "multipart/mixed in a part",
            "Content-Type: multipart/mixed; boundary=C\r\nContent-Disposition: form-data; name=f; filename=a",
            .refused([415])
        ),
        headed(
            "17 headers",
            String(repeating: "X: y\r\n", count: 16) + "Content-Disposition: form-data; name=f; filename=a"
        ),
        headed(
            "headers above 16 KiB",
            "X: \(String(repeating: "y", count: 17_000))\r\nContent-Disposition: form-data; name=f; filename=a"
        ),
        // RFC 7578 section 4.2 forbids `filename*`: alone it makes no file, beside `filename` it does not count.
        headed("only a filename*", "Content-Disposition: form-data; name=f; filename*=UTF-8''a"),
        headed(
            "a filename* beside",
            "Content-Disposition: form-data; name=f; filename=a; filename*=UTF-8''..%2F..%2Fb",
            stored()
        ),
        headed("a digest of other content", "\(digest)\r\nContent-Disposition: form-data; name=f; filename=a"),
        headed("a strange field name", "Content-Disposition: form-data; name=\"a[b][9999999]\"; filename=a", stored()),
        headed("an empty field name", "Content-Disposition: form-data; name=\"\"; filename=a", stored()),
        headed("quoted quotes", "Content-Disposition: form-data; name=f; filename=\"a\\\"b%22\"", stored("a\"b\"")),
    ]

    private static let digest = "Content-Digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"

    @Test(arguments: [
        WireTable("boundaries", boundaries), WireTable("shapes", shapes), WireTable("headers", headers),
    ])
    func eachIsRefusedWholeOrStoredWhole(table: WireTable) async throws {
        let audited = try await AuditedDaemon.start()
        for row in table.rows {
            try await audited.check(row)
        }
        await audited.stop()
    }

    /// Each byte in a segment of its own, as far as the kernel leaves them apart.
    @Test func aDelimiterInPiecesIsOne() async throws {
        let audited = try await AuditedDaemon.start()
        let content = "\r\n--Bnot\r\n-\r\n--"
        let body = "--B\r\nContent-Disposition: form-data; name=f; filename=a\r\n\r\n\(content)\r\n--B--\r\n"
        let fields = [("Content-Type", "multipart/form-data; boundary=B")]
        let client = try await LoopbackClient.connect(to: audited.daemon.address)
        defer { client.close() }
        try await client.send(
            LoopbackClient.head("POST", "/upload-file", headers: fields, length: body.utf8.count)
        )
        for byte in body.utf8 {
            try await client.send([byte])
        }
        #expect(try await client.readReply().status == 200)
        try await audited.audit(after: "a delimiter in pieces", keeping: ["a": Array(content.utf8)])
        await audited.stop()
    }
}
