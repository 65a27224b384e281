import Glibc
import HTTPTypes
import MicroHTTP
import Testing

@Suite(.timeLimit(.minutes(1)))
struct ContinueTests {
    @Test func continueIsSentOnceTheHandlerAsksForTheBody() async throws {
        let asks = Signal()
        let handler: RequestHandler = { request in
            await asks.wait()
            return await Handlers.echo(request)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            asks.set()
            #expect(try await client.readResponse().status == 100)
            try await client.send("abcde")
            let response = try await client.readResponse()
            #expect(response.text == "PUT /f 5")
            #expect(!response.closes)
        }
    }

    @Test func aRefusedExpectationGetsNoContinue() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("PUT /early HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            let responses = WireResponse.all(in: try await client.readToEnd())
            #expect(responses.map(\.status) == [403])
            #expect(responses.first?.closes == true)
        }
    }

    @Test func aBodySentWithoutWaitingForContinueIsRead() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(
                "PUT /f HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\nabcde"
            )
            #expect(try await client.readResponse().status == 100)
            #expect(try await client.readResponse().text == "PUT /f 5")
        }
    }

    @Test(arguments: [10, 60_000, 1_000_000])
    func aSmallBodyNobodyReadsCostsNotTheConnection(size: Int) async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            for _ in 0..<3 {
                try await client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: \(size)\r\n\r\n")
                try await client.send([UInt8](repeating: 1, count: size))
                let response = try await client.readResponse()
                #expect(response.status == 403)
                #expect(!response.closes)
            }
        }
    }

    @Test func anAnswerToASmallBodyDoesNotWaitForARestThatDoesNotCome() async throws {
        var options = TestServer.options
        options.now = { .now }
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 500\r\n\r\nabc")
            let responses = WireResponse.all(in: try await client.readToEnd())
            #expect(responses.map(\.status) == [403])
        }
    }

    @Test(arguments: ["Content-Length: 1000000000000\r\n", "Transfer-Encoding: chunked\r\n"])
    func anAnswerInTheMiddleOfABodyArrives(framing: String) async throws {
        let handler: RequestHandler = { request in
            var count = 0
            do {
                for try await chunk in request.body {
                    count += chunk.count
                    if count > 3 << 20 { return Response(status: .contentTooLarge, body: .text("enough")) }
                }
            } catch {
                return Response(status: .badRequest)
            }
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\n\(framing)\r\n")
            let piece = [UInt8](repeating: 65, count: 1 << 20)
            let chunk = Array("100000\r\n".utf8) + piece + Array("\r\n".utf8)
            // The server reads on for a while, so the client may send until it looks.
            for _ in 0..<8 { try? await client.send(framing.hasPrefix("T") ? chunk : piece) }
            let response = try await client.readResponse()
            #expect(response.status == 413)
            #expect(response.text == "enough")
            #expect(response.closes)
        }
    }

    @Test func curlShowsAnAnswerInTheMiddleOfAnUpload() async throws {
        try #require(access("/usr/bin/curl", X_OK) == 0, "curl is missing")
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            _ = try? await iterator.next()
            return Response(status: .init(code: 507, reasonPhrase: "Insufficient Storage"), body: .text("full"))
        }
        try await TestServer.run(handler: handler) { server in
            let port = try #require(server.address.port)
            let file = "/tmp/microhttp-curl-\(getpid())"
            _ = try await Shell.run("head -c 50000000 /dev/zero > \(file)")
            defer { unlink(file) }
            for extra in ["", "-H Expect:", "-H 'Transfer-Encoding: chunked'"] {
                let command = "curl -s -m 20 -w '%{http_code}' \(extra) -T \(file) http://127.0.0.1:\(port)/"
                let output = try await Shell.run(command)
                #expect(output == "full507", "\(extra)")
            }
        }
    }
}

/// Runs a shell command on a thread of its own.
enum Shell {
    static func run(_ command: String) async throws -> String {
        await OwnThread.run {
            guard let pipe = popen(command, "r") else { return "" }
            defer { pclose(pipe) }
            var output: [UInt8] = []
            var byte = fgetc(pipe)
            while byte != EOF {
                output.append(UInt8(truncatingIfNeeded: byte))
                byte = fgetc(pipe)
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
}
