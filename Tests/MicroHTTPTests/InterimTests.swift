import Glibc
import HTTPTypes
import Testing
import Threading

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct InterimTests {
    private static let early = InterimResponse(
        status: .init(code: 104, reasonPhrase: "Upload Resumption Supported"),
        headers: [.location: "/uploads/1"]
    )

    /// Sends before the body is asked for, then as `Handlers.echo`, with what `send` returned in a field.
    private static let handler: RequestHandler = { request in
        let isSent = request.send(early)
        var response = await Handlers.echo(request)
        response.headers[.server] = "\(isSent)"
        return response
    }

    private static var bothAddresses: HTTPServerOptions {
        var options = TestServer.options
        options.listen.append(.unix(path: TestServer.unixPath()))
        return options
    }

    @Test func anInterimResponseIsWrittenAsItIs() {
        let text = String(decoding: Self.early.bytes, as: UTF8.self)
        #expect(text == "HTTP/1.1 104 Upload Resumption Supported\r\nLocation: /uploads/1\r\n\r\n")
        let hostile = InterimResponse(
            status: .init(code: 104, reasonPhrase: "a\r\nb"),
            headers: [.location: "x\r\nSet-Cookie: y\r\n\r\n"]
        )
        let lines = String(decoding: hostile.bytes, as: UTF8.self).split(
            separator: "\r\n",
            omittingEmptySubsequences: false
        )
        #expect(lines.count == 4)
    }

    @Test(arguments: [false, true])
    func itComesBeforeContinueAndTheAnswerOnEachRequestOfAConnection(expects: Bool) async throws {
        try await TestServer.run(Self.bothAddresses, handler: Self.handler) { server in
            for address in server.addresses {
                let client = try await RawClient.connect(address)
                for size in [5, 60_000, 1_000_000] {
                    let expectation = expects ? "Expect: 100-continue\r\n" : ""
                    try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(expectation)Content-Length: \(size)\r\n\r\n")
                    let interim = try await client.readResponse()
                    #expect(interim.status == 104)
                    #expect(interim["location"] == "/uploads/1")
                    if expects { #expect(try await client.readResponse().status == 100) }
                    try await client.send([UInt8](repeating: 65, count: size))
                    let response = try await client.readResponse()
                    #expect(response.text == "PUT /f \(size)")
                    #expect(response["server"] == "true")
                    #expect(!response.closes)
                }
            }
        }
    }

    @Test func itComesBehindTheAnswerBeforeItInAPipeline() async throws {
        try await TestServer.run(Self.bothAddresses, handler: Self.handler) { server in
            for address in server.addresses {
                let client = try await RawClient.connect(address)
                let put = "PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
                let empty = "PUT /e HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
                let get = "GET /g HTTP/1.1\r\nHost: h\r\n\r\n"
                let last = "GET /l HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
                try await client.send(put + empty + get + put + last)
                let responses = try await client.readAll()
                #expect(responses.map(\.status) == [104, 200, 104, 200, 104, 200, 104, 200, 104, 200])
                #expect(responses.filter { $0.status == 200 }.map(\.text).first == "PUT /f 3")
                #expect(responses.last?.text == "GET /l 0")
            }
        }
    }

    /// The library answers an expectation also where no body follows, and the body may come without waiting for that.
    @Test(arguments: [
        "Content-Length: 0\r\n\r\n", "Content-Length: 3\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ])
    func itDoesNotMixWithContinue(rest: String) async throws {
        try await TestServer.run(handler: Self.handler) { server in
            for _ in 0..<30 {
                let client = try await server.connect()
                try await client.send(
                    "PUT /f HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nConnection: close\r\n\(rest)"
                )
                let statuses = try await client.readAll().map(\.status)
                #expect(statuses.filter { $0 == 104 }.count == 1)
                #expect(statuses.filter { $0 != 104 && $0 != 100 } == [200])
                #expect(statuses.last == 200)
            }
        }
    }

    @Test func nothingIsSentToWhoCannotTakeIt() async throws {
        var off = TestServer.options
        off.interimResponses = false
        for (options, version) in [(TestServer.options, "HTTP/1.0"), (off, "HTTP/1.1")] {
            try await TestServer.run(options, handler: Self.handler) { server in
                let client = try await server.connect()
                try await client.send(
                    "PUT /f \(version)\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
                )
                let responses = try await client.readAll()
                #expect(responses.map(\.status) == [200])
                #expect(responses.first?["server"] == "false")
            }
        }
    }

    @Test func nothingIsSentOnceThereIsAnAnswer() async throws {
        let kept = Locked<Request?>(nil)
        let handler: RequestHandler = { request in
            if request.method == .get { return Response(status: .ok) }
            kept.withLock { $0 = request }
            return await Handlers.echo(request)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.readResponse().status == 200)
            let request = try #require(kept.withLock { $0 })
            #expect(!request.send(Self.early))
            // Nor is it sent while the connection is in use for the next request, or gone.
            try await client.send("GET /g HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(!request.send(Self.early))
            #expect(try await client.readResponse().status == 200)
            client.finishSending()
            try await server.until { server.connections == 0 }
            #expect(!request.send(Self.early))
        }
    }

    /// While a chunked body comes in, the library might be answering a broken chunk: so it goes out with the next piece.
    @Test func inAChunkedBodyItComesWithTheNextPiece() async throws {
        let first = Signal()
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            _ = try? await iterator.next()
            #expect(request.send(Self.early))
            // More than may wait.
            let large = InterimResponse(
                status: Self.early.status,
                headers: [.location: String(repeating: "x", count: 9000)]
            )
            #expect(!request.send(large))
            first.set()
            return await Handlers.echo(request)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            await first.wait()
            #expect(client.isQuiet)
            try await client.send("2\r\nde\r\n0\r\n\r\n")
            #expect(try await client.readResponse().status == 104)
            #expect(try await client.readResponse().text == "PUT /f 2")
        }
    }

    @Test func itComesBetweenTheBodyAndTheAnswer() async throws {
        let handler: RequestHandler = { request in
            let response = await Handlers.echo(request)
            #expect(request.send(Self.early))
            #expect(request.send(Self.early))
            return response
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            for body in [
                "Content-Length: 3\r\n\r\nabc", "Content-Length: 0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ] {
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(body)")
                for status in [104, 104, 200] { #expect(try await client.readResponse().status == status) }
            }
        }
    }

    /// From many tasks at once, in all stages of a request: each comes whole, and before the answer.
    @Test(arguments: [
        "Content-Length: 3000000\r\n", "Expect: 100-continue\r\nContent-Length: 3000000\r\n",
        "Transfer-Encoding: chunked\r\n",
    ])
    func manyFromEverywhereComeWhole(framing: String) async throws {
        let sent = Locked(0)
        let handler: RequestHandler = { request in
            await withTaskGroup(of: Void.self) { tasks in
                for _ in 0..<4 {
                    tasks.addTask {
                        for _ in 0..<100 {
                            if request.send(Self.early) { sent.withLock { $0 += 1 } }
                            await Task.yield()
                        }
                    }
                }
                let response = await Handlers.echo(request)
                await tasks.waitForAll()
                return response
            }
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(framing)\r\n")
            let isChunked = framing.hasPrefix("T")
            async let sending: Void = {
                let piece = [UInt8](repeating: 65, count: 30_000)
                let chunk = isChunked ? Array("7530\r\n".utf8) + piece + Array("\r\n".utf8) : piece
                for _ in 0..<100 { try await client.send(chunk) }
                if isChunked { try await client.send("0\r\n\r\n") }
            }()
            var interims = 0
            while true {
                let response = try await client.readResponse()
                if response.status == 100 { continue }
                guard response.status == 104 else {
                    #expect(response.text == "PUT /f 3000000")
                    break
                }
                #expect(response["location"] == "/uploads/1")
                interims += 1
            }
            try await sending
            #expect(interims == sent.withLock { $0 })
            #expect(interims > 0)
        }
    }

    /// A client that sends and does not look: it is sent no more than it has room for, and its answer in the end.
    @Test func whoDoesNotLookIsSentNoMore() async throws {
        let sent = Locked(0)
        let hasTried = Locked(false)
        let handler: RequestHandler = { request in
            for _ in 0..<20_000 {
                if request.send(Self.early) { sent.withLock { $0 += 1 } }
            }
            hasTried.withLock { $0 = true }
            return await Handlers.echo(request)
        }
        var options = TestServer.options
        options.listen.append(.unix(path: TestServer.unixPath()))
        try await TestServer.run(options, handler: handler) { server in
            for address in server.addresses {
                sent.withLock { $0 = 0 }
                hasTried.withLock { $0 = false }
                let client = try await RawClient.connect(address, receiveBuffer: 4096)
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
                try await server.until { hasTried.withLock { $0 } }
                let responses = try await client.readAll()
                let count = sent.withLock { $0 }
                #expect(count > 0 && count < 20_000)
                #expect(responses.dropLast().map(\.status) == Array(repeating: 104, count: count))
                #expect(responses.last?.text == "PUT /f 3")
            }
        }
    }

    /// What went out in part cannot be made whole: the connection ends.
    @Test func aPartOfOneEndsTheConnection() async throws {
        let outcome = Locked<RequestBodyError.Code?>(nil)
        let ended = Signal()
        let handler: RequestHandler = { request in
            let huge = InterimResponse(
                status: Self.early.status,
                headers: [.location: String(repeating: "x", count: 8 << 20)]
            )
            #expect(!request.send(huge))
            do {
                for try await _ in request.body {}
            } catch {
                outcome.withLock { $0 = (error as? RequestBodyError)?.code }
            }
            ended.set()
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await RawClient.connect(server.address, receiveBuffer: 4096)
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            await ended.wait()
            #expect(outcome.withLock { $0 } == .disconnected)
            try await server.until { server.connections == 0 }
        }
    }

    @Test func curlTakesItAsItComes() async throws {
        try #require(access("/usr/bin/curl", X_OK) == 0, "curl is missing")
        var options = TestServer.options
        let path = TestServer.unixPath()
        options.listen.append(.unix(path: path))
        try await TestServer.run(options, handler: Self.handler) { server in
            let port = try #require(server.address.port)
            let file = "/tmp/microhttp-interim-\(getpid())"
            _ = try await Shell.run("head -c 3000000 /dev/zero > \(file)")
            defer { unlink(file) }
            for extra in [
                "-H 'Expect: 100-continue'", "-H Expect:", "-H Expect: -H 'Transfer-Encoding: chunked'",
                "--unix-socket \(path)",
            ] {
                // Two uploads over one connection.
                let url = "http://127.0.0.1:\(port)/f"
                let output = try await Shell.run("curl -sv -m 20 \(extra) -T \(file) \(url) -T \(file) \(url) 2>&1")
                #expect(output.ranges(of: "< HTTP/1.1 104").count == 2, "\(extra)")
                #expect(output.ranges(of: "PUT /f 3000000").count == 2, "\(extra)")
            }
        }
    }
}
