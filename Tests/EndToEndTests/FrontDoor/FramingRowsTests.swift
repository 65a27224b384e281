import IngestTesting
import Testing

/// Requests that two parsers may read differently get one answer and the end of the connection.
@Suite(.timeLimit(.minutes(3))) struct FramingRowsTests {
    private static let head = "PUT /files/a HTTP/1.1\r\nHost: localhost\r\n"
    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

    private static func row(
        _ name: String,
        _ fields: String,
        _ body: String,
        _ outcome: WireCase.Outcome = .refused([400])
    ) -> WireCase {
        WireCase(name, "\(head)\(fields)\r\n\(body)\(smuggled)", outcome)
    }

    private static func chunks(_ name: String, _ body: String, _ outcome: WireCase.Outcome = .refused([400]))
        -> WireCase
    {
        row(name, "Transfer-Encoding: chunked\r\n", body, outcome)
    }

    private static let stored = WireCase.Outcome.stored([201], ["a": Array("ab".utf8)])

    static let rows: [WireCase] = [
        row("two lengths", "Content-Length: 3\r\nContent-Length: 60\r\n", "abc"),
        row("one length twice", "Content-Length: 3\r\nContent-Length: 3\r\n", "abc"),
        row("a list of lengths", "Content-Length: 3, 3\r\n", "abc"),
        row("length and chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        row("blank before the colon of a length", "Content-Length : 3\r\n", "abc", .refused([400, 411])),
        row("blank before the colon of a coding", "Transfer-Encoding : chunked\r\nContent-Length: 3\r\n", "abc"),
        row("folded name", "Content-Lengt: 3\r\n h\r\n", "abc"),
        row("folded field", "X: y\r\n Content-Length: 1\r\n", "abc"),
        row("NUL in a length", "Content-Length: 2\u{0}9\r\n", "ab"),
        row("no length", "", "abc", .refused([411])),
        row("a length of 2^64 - 1", "Content-Length: 18446744073709551615\r\n", "abc", .refused([413])),
        row("a length of 2^63", "Content-Length: 9223372036854775808\r\n", "abc", .refused([413])),
        row("a negative length", "Content-Length: -1\r\n", "abc"),
        row("gzip and chunks", "Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n", .refused([501])),
        row("identity", "Transfer-Encoding: identity\r\n", "0\r\n\r\n", .refused([501])),
        row("an unknown coding", "Transfer-Encoding: xchunked\r\n", "0\r\n\r\n", .refused([501])),
        WireCase(
            "bare line feeds",
            "PUT /files/a HTTP/1.1\nHost: localhost\nContent-Length: 1\n\nx\(smuggled)",
            .refused([400])
        ),
        WireCase("no Host", "PUT /files/a HTTP/1.1\r\nContent-Length: 1\r\n\r\nx\(smuggled)", .refused([400])),
        WireCase(
            "two Hosts",
            "PUT /files/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx\(smuggled)",
            .refused([400])
        ),
        chunks("a chunk", "2\r\nab\r\n0\r\n\r\n", stored),
        chunks("a chunk extension", "2;a=b\r\nab\r\n0\r\n\r\n", stored),
        chunks("a chunk extension with a quoted value", "2;a=\"b;c\"\r\nab\r\n0;d\r\n\r\n", stored),
        chunks("a trailer field", "2\r\nab\r\n0\r\nContent-Length: 30\r\n\r\n", stored),
        // The library reads them so; with the end of the connection nobody is misled.
        chunks("a bare line feed after a chunk's size", "2\nab\r\n0\r\n\r\n", stored),
        chunks("a bare line feed after a chunk", "2\r\nab\n0\r\n\r\n", stored),
        chunks("a bare line feed in an extension", "2;a\nb\r\nab\r\n0\r\n\r\n", .dropped).cutShort(),
        chunks("a hexadecimal prefix", "0x2\r\nab\r\n0\r\n\r\n"),
        chunks("a negative chunk", "-2\r\nab\r\n0\r\n\r\n"),
        chunks("a sign before a chunk's size", "+2\r\nab\r\n0\r\n\r\n"),
        chunks("a blank before a chunk's size", " 2\r\nab\r\n0\r\n\r\n"),
        chunks("a blank after a chunk's size", "2 \r\nab\r\n0\r\n\r\n"),
        chunks("no chunk size", "\r\nab\r\n0\r\n\r\n"),
        chunks("no line end after a chunk", "2\r\nabXX0\r\n\r\n"),
        chunks("a chunk of 2^68 bytes", "ffffffffffffffff0\r\nab", .refused([413])),
    ]

    /// What may stand before on the same connection.
    enum Connection: String, CaseIterable, Sendable {
        case fresh
        case kept
        case pipelined

        var prelude: [String] {
            let good = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
            return switch self {
            case .fresh: []
            case .kept: [good, good]
            case .pipelined: [good]
            }
        }
    }

    @Test(arguments: [("tcp", Connection.fresh), ("tcp", .pipelined), ("unix", .kept)])
    func whatIsInDoubtGetsOneAnswerAndTheEnd(network: String, connection: Connection) async throws {
        let directory = try TemporaryDirectory()
        let listen = network == "unix" ? "unix:\(directory.file("socket"))" : nil
        let audited = try await AuditedDaemon.start(listen: listen, in: directory)
        for row in Self.rows {
            try await audited.check(row, after: connection.prelude)
        }
        #expect(!audited.daemon.output.contains("/smuggled"))
        await audited.stop()
    }

    @Test(arguments: [
        WireCase("a body cut short", "\(head)Content-Length: 100000\r\n\r\nabc", .dropped),
        WireCase("an empty body cut short", "\(head)Content-Length: 3\r\n\r\n", .dropped),
        WireCase("no last chunk", "\(head)Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", .dropped),
        WireCase("half a last chunk", "\(head)Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", .dropped),
        WireCase("half a chunk", "\(head)Transfer-Encoding: chunked\r\n\r\n20\r\nab", .dropped),
        WireCase(
            "a form cut short",
            "POST /upload-file HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=B\r\n"
                + "Content-Length: 1000\r\n\r\n--B\r\n\(WireCase.part)--B--\r\n",
            .dropped
        ),
        WireCase("half a head", "PUT /files/a HTTP/1.1\r\nHost: loc", .dropped),
    ])
    func aBodyCutShortIsNotStored(row: WireCase) async throws {
        let audited = try await AuditedDaemon.start()
        try await audited.check(row.cutShort())
        await audited.stop()
    }

    /// It is not known to be too large before it has arrived: what does not come is what ends it.
    @Test(arguments: ["ffffffffffffffff", "8000000000000000", "7fffffffffffffff"])
    func aChunkWithoutEndIsCutByTheMinimumRate(size: String) async throws {
        let audited = try await AuditedDaemon.start()
        let request = "\(Self.head)Transfer-Encoding: chunked\r\n\r\n\(size)\r\nab"
        try await audited.check(WireCase(size, request, .refused([408, 413])))
        await audited.stop()
    }
}
