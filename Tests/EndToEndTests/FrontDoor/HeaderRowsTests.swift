import IngestTesting
import Testing

/// Who may ask from where, and for what.
@Suite(.timeLimit(.minutes(2))) struct HeaderRowsTests {
    private static let settings = """
        thumbnails: {sizes: []}
        hosts: [up.example.org]
        origins: ["https://app.example.org"]

        """

    private static let stored = WireCase.Outcome.stored([201], ["a": [UInt8(ascii: "x")]])

    private static func host(_ host: String, _ outcome: WireCase.Outcome = .refused([421])) -> WireCase {
        let head = "PUT /files/a HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"
        let row = WireCase("Host: \(host)", head, outcome)
        if case .refused([421]) = outcome { return row.saying("setting hosts") }
        return row
    }

    private static func put(_ fields: String, _ outcome: WireCase.Outcome) -> WireCase {
        let row = WireCase.put("/files/a", fields.isEmpty ? "" : "\(fields)\r\n", outcome)
        if case .refused([403]) = outcome { return row.saying("setting origins") }
        return row
    }

    static let hosts: [WireCase] = [
        host("evil.example"), host("127.0.0.1.evil.example"), host("localhost.evil.example:80"), host("10.0.0.1"),
        host("[::2]"), host("up.example.org.evil.example"), host("evil@localhost", .refused([400])),
        host("localhost/evil", .refused([400])), host("", .refused([400])), host("local host", .refused([400])),
        host("UP.example.org:443", stored), host("localhost.", stored), host("127.0.0.1:1", stored),
        host("[::1]:8080", stored),
    ]

    static let origins: [WireCase] = [
        put("Sec-Fetch-Site: cross-site", .refused([403])),
        put("Sec-Fetch-Site: same-site", .refused([403])),
        put("Sec-Fetch-Site: anything", .refused([403])),
        put("Sec-Fetch-Site: none", stored),
        put("Sec-Fetch-Site: same-origin", stored),
        put("Origin: https://evil.example", .refused([403])),
        put("Origin: null", .refused([403])),
        put("Origin: https://app.example.org.evil.example", .refused([403])),
        put("Origin: http://app.example.org", .refused([403])),
        put("Origin: http://localhost:1", .refused([403])),
        put("Origin: https://evil.example\r\nSec-Fetch-Site: cross-site", .refused([403])),
        put("Origin: http://localhost", stored),
        put("Origin: https://app.example.org\r\nSec-Fetch-Site: cross-site", stored),
        put("", stored),
    ]

    static let meanings: [WireCase] = [
        put("Content-Encoding: gzip", .refused([415])),
        put("Content-Encoding: identity, br", .refused([415])),
        put("Content-Range: bytes 0-0/2", .refused([400])),
        put("Expect: teapot", .refused([417])),
        put("Content-Digest: sha-256=:AAAA:", .refused([400])),
        put("Repr-Digest: sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", .refused([400])),
        put("If-Match: *", .refused([412])),
        put("X-Forwarded-For: 10.0.0.1%0d%0aX: y\u{1B}[31m", .refused([400])),
        put("Content-Encoding: identity", stored),
        WireCase(
            "urlencoded",
            "POST /files HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\n\r\na=b",
            .refused([415])
        ),
    ]

    @Test(arguments: [
        WireTable("hosts", hosts), WireTable("origins", origins), WireTable("meanings", meanings),
    ])
    func eachIsAnsweredByItsRule(table: WireTable) async throws {
        let audited = try await AuditedDaemon.start(settings: Self.settings)
        for row in table.rows {
            try await audited.check(row)
        }
        await audited.stop()
    }

    /// Reading too: a page that points its own name here would otherwise be of the server's origin.
    @Test func aForeignNameReadsNothing() async throws {
        let audited = try await AuditedDaemon.start(settings: Self.settings)
        for target in ["/", "/files", "/files/good", "/jobs", "/metrics", "/openapi.json", "/nothing"] {
            let reply = try await audited.daemon.request("GET", target, headers: [("Host", "evil.example")])
            #expect(reply.status == 421, "\(target)")
            #expect(reply.isProblem, "\(target)")
        }
        await audited.stop()
    }

    /// A browser on the page of another site, with its form and with its scripts.
    @Test func curlFromAListedPageIsServed() async throws {
        let audited = try await AuditedDaemon.start(settings: Self.settings)
        let url = try #require(audited.daemon.url)
        func curl(_ arguments: String...) async throws -> String {
            let outcome = try await CommandLineTool.run("curl", ["-sS", "-i", "--max-time", "60"] + arguments)
            #expect(outcome.status == 0, "\(outcome.errorText)")
            return outcome.outputText
        }
        let preflight = ["-X", "OPTIONS", "-H", "Access-Control-Request-Method: PUT", "\(url)/files/a"]
        for (origin, isListed) in [("https://app.example.org", true), ("https://evil.example", false)] {
            let asked = try await CommandLineTool.run("curl", ["-sS", "-i", "-H", "Origin: \(origin)"] + preflight)
            #expect(asked.outputText.hasPrefix("HTTP/1.1 204"))
            #expect(asked.outputText.contains("Access-Control-Allow-Origin: \(origin)\r\n") == isListed)
            let sent = try await curl("-H", "Origin: \(origin)", "-F", "file=@/etc/hostname", "\(url)/upload-file")
            #expect(sent.hasPrefix("HTTP/1.1 \(isListed ? 200 : 403)"), "\(sent)")
            #expect(sent.contains("Access-Control-Allow-Origin: \(origin)\r\n") == isListed)
            let read = try await curl("-H", "Origin: \(origin)", "\(url)/files")
            #expect(read.hasPrefix("HTTP/1.1 200"))
            #expect(read.contains("Access-Control-Allow-Origin") == isListed)
        }
        #expect(audited.directory.names(in: "bucket") == ["hostname"])
        await audited.stop()
    }
}
