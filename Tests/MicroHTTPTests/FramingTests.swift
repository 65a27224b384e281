import HTTPTypes
import MicroHTTP
import Testing
import Threading

/// Shapes of requests that two parsers may read differently: each gets one answer, and the connection ends.
@Suite(.timeLimit(.minutes(1)))
struct FramingTests {
    struct Shape: Sendable, CustomTestStringConvertible {
        let name: String
        let request: String
        let statuses: Set<Int>

        var testDescription: String { name }

        init(_ name: String, _ statuses: Set<Int>, _ request: String) {
            self.name = name
            self.statuses = statuses
            self.request = request
        }
    }

    private static let smuggled = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

    static let refused: [Shape] = [
        Shape("two lengths", [400], post("Content-Length: 3\r\nContent-Length: 60\r\n", "abc" + smuggled)),
        Shape("one length twice", [400], post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape(
            "length and coding",
            [400],
            post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + smuggled)
        ),
        Shape(
            "coding and length",
            [400],
            post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + smuggled)
        ),
        Shape(
            "blank before the colon of a coding",
            [400],
            post("Transfer-Encoding : chunked\r\nContent-Length: 3\r\n", "abc" + smuggled)
        ),
        Shape("blank before the colon of a length", [400], post("Content-Length : 36\r\n", smuggled)),
        Shape("tab before the colon", [400], post("Content-Length\t: 36\r\n", smuggled)),
        Shape("folded length", [400], post("Content-Length: 2\r\n 5\r\n", "ab" + smuggled)),
        Shape("folded name", [400], post("Content-Lengt: 3\r\n h\r\n", "abc" + smuggled)),
        Shape("fold with a tab", [400], post("X-A: b\r\n\tc\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape(
            "fold in the first field",
            [400],
            "POST / HTTP/1.1\r\n Host: h\r\nContent-Length: 3\r\n\r\nabc" + smuggled
        ),
        Shape("line that begins with a colon", [400], post(":x\r\nContent-Length: 36\r\n", smuggled)),
        Shape("line that begins with NUL", [400], post("\0x\r\nContent-Length: 36\r\n", smuggled)),
        Shape("NUL in a length", [400], post("Content-Length: 2\u{0}9\r\n", "ab" + smuggled)),
        Shape("NUL in a name", [400], post("X\u{0}Y: 1\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape("bare LF between fields", [400], "POST / HTTP/1.1\r\nHost: h\nContent-Length: 3\r\n\r\nabc" + smuggled),
        Shape("bare LF everywhere", [400], "GET / HTTP/1.1\nHost: h\n\n" + smuggled),
        Shape("bare LF at the end", [400], "GET / HTTP/1.1\r\nHost: h\r\n\n" + smuggled),
        Shape(
            "bare CR in a value",
            [400],
            post("X-A: b\rContent-Length: 9\r\nContent-Length: 3\r\n", "abc" + smuggled)
        ),
        Shape("control character in a value", [400], post("X-A: \u{1}\r\nContent-Length: 3\r\n", "abc")),
        Shape("control character in a name", [400], post("X\u{1}A: b\r\nContent-Length: 3\r\n", "abc")),
        Shape("empty name", [400], post("X-A: b\r\n: c\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape("no colon", [400], post("X-A\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape("coding with two names", [501], post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
        Shape("identity", [501], post("Transfer-Encoding: identity\r\n", "abc")),
        Shape("unknown coding", [501], post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
        Shape("coding with a blank after it", [501], post("Transfer-Encoding: chunked \r\n", "0\r\n\r\n")),
        Shape(
            "two codings",
            [400],
            post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n")
        ),
        Shape(
            "coding in HTTP/1.0",
            [400],
            "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
        ),
        Shape("length of 19 digits", [413], post("Content-Length: 1000000000000000000\r\n", "abc")),
        Shape("length of 2^64 - 1", [413], post("Content-Length: 18446744073709551615\r\n", "abc")),
        Shape("length above 2^64", [413], post("Content-Length: 99999999999999999999999\r\n", "abc")),
        Shape("POST without a length", [200], post("", smuggled)),
        Shape("PUT without a length", [411], "PUT / HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("PATCH without a length", [411], "PATCH / HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("GET with content", [400], "GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc" + smuggled),
        Shape(
            "GET with chunks",
            [400],
            "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled
        ),
        Shape("no Host", [400], "GET / HTTP/1.1\r\nX: y\r\n\r\n" + smuggled),
        Shape("no field at all", [400], "GET / HTTP/1.1\r\n\r\n" + smuggled),
        Shape("two Hosts", [400], "GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n" + smuggled),
        Shape("empty Host", [400], "GET / HTTP/1.1\r\nHost: \r\n\r\n" + smuggled),
        Shape("Host with a path", [400], "GET / HTTP/1.1\r\nHost: h/x\r\n\r\n" + smuggled),
        Shape("Host with a user", [400], "GET / HTTP/1.1\r\nHost: u@h\r\n\r\n" + smuggled),
        Shape("unknown expectation", [417], post("Expect: teapot\r\nContent-Length: 3\r\n", "abc" + smuggled)),
        Shape("method with a control character", [400], "G\u{1}T / HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("method with NUL", [400], "GET\u{0}X / HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("method with a colon", [400], "GET:x / HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("NUL in the target", [400], "GET /a\u{0}b HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("blank in the target", [400], "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("two blanks before the target", [400], "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("two blanks after the target", [400], "GET /a  HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("tab in the target", [400], "GET /a\tb HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("fragment", [400], "GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("no path", [400], "GET a HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("asterisk for GET", [400], "GET * HTTP/1.1\r\nHost: h\r\n\r\n" + smuggled),
        Shape("no version", [400], "GET /\r\nHost: h\r\n\r\n" + smuggled),
        Shape("HTTP/2", [505], "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        Shape("target above 8 KiB", [414], "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: h\r\n\r\n"),
        Shape(
            "too many fields",
            [431],
            "GET / HTTP/1.1\r\nHost: h\r\n" + String(repeating: "a: b\r\n", count: 200) + "\r\n"
        ),
        Shape(
            "fields above the library's memory",
            [431],
            "GET / HTTP/1.1\r\nHost: h\r\na: " + String(repeating: "b", count: 200_000) + "\r\n\r\n"
        ),
    ]

    private static func post(_ fields: String, _ body: String) -> String {
        "POST / HTTP/1.1\r\nHost: h\r\n\(fields)\r\n\(body)"
    }

    @Test(arguments: refused)
    func aRefusedShapeGetsOneAnswerAndTheEnd(shape: Shape) async throws {
        let served = Locked<[String]>([])
        let handler: RequestHandler = { request in
            served.withLock { $0.append(request.target.raw) }
            return await Handlers.echo(request)
        }
        try await Places.each(handler: handler) { place, answers, text in
            #expect(answers.count == 1, "\(place): \(text.prefix(500))")
            #expect(shape.statuses.contains(answers.first?.status ?? 0), "\(place): \(text.prefix(500))")
            #expect(answers.first?.closes == true, "\(place)")
            #expect(!text.contains("smuggled"), "\(place)")
        } request: {
            shape.request
        }
        let targets = Set(served.withLock { $0 })
        #expect(shape.statuses == [200] || targets == ["/good"], "\(targets)")
    }

    /// What the library refuses before it asks us.
    ///
    /// It writes the header section twice, the second time as the first bytes of the body, whose end is too much then.
    @Test(arguments: ["+5", "-1", "5,5", "0x5", "5 ", "five", "", "5;", "\u{B2}"])
    func aMalformedLengthIsRefusedByTheLibrary(length: String) async throws {
        try await Places.each(handler: Handlers.echo) { place, answers, text in
            #expect(answers.map(\.status) == [400], "\(place): \(text)")
            #expect(answers.first?.closes == true)
            #expect(!text.contains("smuggled"), "\(place)")
        } request: {
            Self.post("Content-Length: \(length)\r\n", "abcde" + Self.smuggled)
        }
    }

    /// A client that says it will close has nothing more to say.
    @Test(arguments: ["GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"])
    func afterTheLastRequestNothingIsServed(request: String) async throws {
        try await Places.each(handler: Handlers.echo) { place, answers, text in
            #expect(answers.map(\.status) == [200], "\(place): \(text)")
            #expect(!text.contains("smuggled"), "\(place)")
        } request: {
            request + Self.smuggled
        }
    }

    /// Chunks that are right, or read leniently: one answer, and the connection ends, so nobody can disagree about what
    /// comes next.
    @Test(arguments: [
        "2;a=b\r\nab\r\n0\r\n\r\n", "2;a=\"\r\n\r\nab\r\n0\r\n\r\n", "2\r\nab\r\n0;x\r\n\r\n",
        "02\r\nab\r\n000\r\n\r\n",
        "2\nab\n0\n\n", "2;a\nab\r\n0\r\n\r\n", "2\r\nab\r\n0\r\nContent-Length: 5\r\nX : y\r\n z\r\n\r\n",
        "1\r\na\r\n1\r\nb\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
    ])
    func chunksAreReadAndTheConnectionEnds(body: String) async throws {
        try await Places.each(handler: Handlers.echo) { place, answers, text in
            #expect(answers.count == 1, "\(place): \(text)")
            #expect(answers.first?.closes == true, "\(place)")
            let isRefused = answers.first?.status == 400
            #expect(isRefused || answers.first?.text == "POST / 2", "\(place): \(text)")
            #expect(!text.contains("smuggled"), "\(place)")
        } request: {
            Self.post("Transfer-Encoding: chunked\r\n", body + Self.smuggled)
        }
    }

    @Test func ourRefusalsAreProblems() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\n\r\n")
            let response = try await client.readResponse()
            #expect(response["content-type"] == "application/problem+json")
            #expect(response.text.contains("\"type\":\"/problems/length-required\""))
        }
    }

    static let accepted: [(String, String)] = [
        ("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 0"),
        ("GET / HTTP/1.1\r\nHost:h\r\nX-Empty:\r\nX-Tab:\ta\t\r\nCookie: a=b; c=d\r\n\r\n", "GET / 0"),
        ("GET /?a=b&c=d+e HTTP/1.1\r\nHost: h:80\r\nX: \u{E9}\r\n\r\n", "GET /?a=b&c=d+e 0"),
        ("\r\nGET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / 0"),
        ("GET / HTTP/1.0\r\n\r\n", "GET / 0"),
        ("GET / HTTP/1.0\r\nHost: h\r\n\r\n", "GET / 0"),
        ("GET http://h/x HTTP/1.1\r\nHost: h\r\n\r\n", "GET http://h/x 0"),
        ("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 0"),
        ("BREW /\u{E9} HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /\u{E9} 0"),
        ("POST / HTTP/1.1\r\nHost: h\r\nCONTENT-length: 003\r\n\r\nabc", "POST / 3"),
        ("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n", "POST / 0"),
        ("POST / HTTP/1.1\r\nHost: h\r\ntransfer-ENCODING: Chunked\r\n\r\n1\r\na\r\n0\r\nT: u\r\n\r\n", "POST / 1"),
        ("DELETE / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab", "DELETE / 2"),
        ("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: x\r\n\r\nab", "POST / 2"),
    ]

    @Test(arguments: accepted)
    func aSoundShapeIsServed(request: String, answer: String) async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(request)
            let response = try await client.readResponse()
            #expect(response.status == 200)
            #expect(response.text == answer)
        }
    }

    @Test(arguments: accepted)
    func aHeadMayArriveByteByByte(request: String, answer: String) async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            for byte in Array(request.utf8) { try await client.send([byte]) }
            #expect(try await client.readResponse().text == answer)
        }
    }

    /// Reads the body and counts the errors.
    private static func reader(_ failures: Locked<[any Error]>) -> RequestHandler {
        { request in
            do {
                for try await _ in request.body {}
            } catch {
                failures.withLock { $0.append(error) }
            }
            return Response(status: .ok)
        }
    }

    @Test(arguments: [
        "0x2\r\nab\r\n0\r\n\r\n", "-2\r\nab\r\n0\r\n\r\n", "+2\r\nab\r\n0\r\n\r\n", " 2\r\nab\r\n0\r\n\r\n",
        "2 \r\nab\r\n0\r\n\r\n", "2\r\nabcd\r\n0\r\n\r\n", "2\r\nabXX0\r\n\r\n", "2\rab\r\n0\r\n\r\n", "\r\n", "g\r\n",
        ";a\r\nab\r\n0\r\n\r\n", "ffffffffffffffffff\r\nab",
    ])
    func aBrokenChunkIsRefusedAndTheBodyThrows(body: String) async throws {
        let failures = Locked<[any Error]>([])
        try await Places.each(handler: Self.reader(failures)) { place, answers, text in
            #expect(answers.map { $0.status / 100 } == [4], "\(place): \(text)")
            #expect(answers.first?.closes == true, "\(place)")
        } request: {
            Self.post("Transfer-Encoding: chunked\r\n", body)
        }
        let errors = failures.withLock { $0 }
        #expect(errors.count == Places.count)
        #expect(errors.allSatisfy { $0 is RequestBodyError }, "\(errors)")
    }

    @Test(arguments: [
        "Content-Length: 9\r\n\r\n", "Content-Length: 9\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\nab", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n",
        "Content-Length: 100000\r\n\r\nabc",
    ])
    func aBodyCutShortThrows(rest: String) async throws {
        let failures = Locked<[any Error]>([])
        try await Places.each(finishes: true, handler: Self.reader(failures)) { place, answers, text in
            #expect(answers.isEmpty, "\(place): \(text)")
        } request: {
            "POST / HTTP/1.1\r\nHost: h\r\n" + rest
        }
        let errors = failures.withLock { $0 }
        #expect(errors.count == Places.count)
        #expect(errors.allSatisfy { $0 is RequestBodyError }, "\(errors)")
    }
}
