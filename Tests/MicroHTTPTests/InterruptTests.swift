import HTTPTypes
import Testing
import Threading

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct InterruptTests {
    /// Says what a handler saw of its body, and answers 409 when that was interrupted.
    private final class Watched: Sendable {
        let requests = Locked<[Request]>([])
        let hasRequest = Signal()
        let code = Locked<RequestBodyError.Code?>(nil)
        let received = Locked(0)

        func read(_ request: Request) async -> Response {
            requests.withLock { $0.append(request) }
            hasRequest.set()
            do {
                for try await chunk in request.body { received.withLock { $0 += chunk.count } }
                return Response(status: .ok)
            } catch {
                code.withLock { $0 = (error as? RequestBodyError)?.code }
                return Response(status: .conflict, body: .text("interrupted"))
            }
        }

        func interrupt() {
            for request in requests.withLock({ $0 }) { request.body.interrupt() }
        }
    }

    private static func options(isUnix: Bool) -> HTTPServerOptions {
        var options = TestServer.options
        options.now = { .now }
        if isUnix { options.listen = [.unix(path: TestServer.unixPath())] }
        return options
    }

    /// A client that sends no more, and waits.
    @Test(arguments: [
        "Content-Length: 10000000\r\n\r\nabc", "Content-Length: 500\r\n\r\nabc", "Content-Length: 500\r\n\r\n",
        "Expect: 100-continue\r\nContent-Length: 500\r\n\r\n", "Expect: 100-continue\r\nContent-Length: 500\r\n\r\nabc",
        "Transfer-Encoding: chunked\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ])
    func aReaderThatWaitsThrowsAndTheAnswerArrives(rest: String) async throws {
        for isUnix in [false, true] {
            let watched = Watched()
            try await TestServer.run(Self.options(isUnix: isUnix), handler: watched.read) { server in
                let client = try await server.connect()
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(rest)")
                await watched.hasRequest.wait()
                try await server.until {
                    server.isInBody && watched.received.withLock { $0 } == (rest.hasSuffix("\r\n\r\n") ? 0 : 3)
                }
                watched.interrupt()
                watched.interrupt()
                let responses = try await client.readAll().filter { $0.status != 100 }
                #expect(responses.map(\.status) == [409])
                #expect(responses.first?.text == "interrupted")
                #expect(responses.first?.closes == true)
                #expect(watched.code.withLock { $0 } == .interrupted)
                #expect(server.server.budgetUsage.used == 0)
                client.finishSending()
                try await server.until { server.connections == 0 }
            }
        }
    }

    /// The queue is full, and the connection suspended; what is queued is dropped.
    @Test func aSuspendedConnectionIsInterrupted() async throws {
        let read = Signal()
        let open = Signal()
        let watched = Watched()
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            _ = try? await iterator.next()
            read.set()
            await open.wait()
            return await watched.read(request)
        }
        let requests = Locked<Request?>(nil)
        let wrapped: RequestHandler = { request in
            requests.withLock { $0 = request }
            return await handler(request)
        }
        try await TestServer.run(Self.options(isUnix: false), handler: wrapped) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            let size = TestServer.options.queuePerRequest
            try await client.send([UInt8](repeating: 1, count: size + 1000))
            await read.wait()
            try await server.until { !server.isInBody }
            let request = try #require(requests.withLock { $0 })
            request.body.interrupt()
            #expect(server.server.budgetUsage.used == 0)
            open.set()
            let responses = try await client.readAll()
            #expect(responses.map(\.status) == [409])
            #expect(watched.received.withLock { $0 } == 0)
            #expect(watched.code.withLock { $0 } == .interrupted)
        }
    }

    /// What goes on coming in is thrown away, and takes no memory.
    @Test func aClientThatGoesOnSendingGetsTheAnswer() async throws {
        let watched = Watched()
        try await TestServer.run(Self.options(isUnix: false), handler: watched.read) { server in
            let client = try await server.connect()
            try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n")
            let piece = [UInt8](repeating: 65, count: 1 << 20)
            try await client.send(piece)
            await watched.hasRequest.wait()
            watched.interrupt()
            for _ in 0..<8 { try? await client.send(piece) }
            #expect(try await client.readResponse().status == 409)
            #expect(server.server.budgetUsage.used == 0)
        }
    }

    @Test(arguments: ["", "Expect: 100-continue\r\n"])
    func aBodyThatNobodyAskedForIsInterrupted(expectation: String) async throws {
        let watched = Watched()
        let handler: RequestHandler = { request in
            request.body.interrupt()
            return await watched.read(request)
        }
        for size in [500, 1_000_000] {
            try await TestServer.run(Self.options(isUnix: false), handler: handler) { server in
                let client = try await server.connect()
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(expectation)Content-Length: \(size)\r\n\r\n")
                let responses = try await client.readAll()
                #expect(responses.map(\.status) == [409])
                #expect(responses.first?.closes == true)
            }
        }
    }

    @Test func afterTheEndNothingIsInterrupted() async throws {
        let handler: RequestHandler = { request in
            let response = await Handlers.echo(request)
            request.body.interrupt()
            var iterator = request.body.makeAsyncIterator()
            let rest = try? await iterator.next()
            #expect(rest == .some(nil))
            return response
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            for body in ["Content-Length: 3\r\n\r\nabc", "Content-Length: 0\r\n\r\n"] {
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\n\(body)")
                let response = try await client.readResponse()
                #expect(response.status == 200)
                #expect(!response.closes)
            }
        }
    }

    /// At any moment of an upload: it ends as interrupted or as if nothing had been, and the server goes on.
    @Test func interruptionsAtAnyMomentDoNoHarm() async throws {
        let watched = Watched()
        try await TestServer.run(Self.options(isUnix: false), handler: watched.read) { server in
            let body = [UInt8](repeating: 65, count: 300_000)
            for turn in 0..<60 {
                let client = try await server.connect()
                watched.requests.withLock { $0 = [] }
                async let interrupting: Void = {
                    try await server.until { !watched.requests.withLock { $0.isEmpty } }
                    for _ in 0..<turn { await Task.yield() }
                    watched.interrupt()
                }()
                try await client.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: \(body.count)\r\n\r\n")
                if turn % 3 == 0 {
                    try? await client.send(Array(body.prefix(100_000)))
                    try await interrupting
                } else {
                    try? await client.send(body)
                    try await interrupting
                }
                if turn % 5 == 4 {
                    client.reset()
                } else {
                    let response = try await client.readResponse()
                    #expect(response.status == 200 || response.status == 409)
                    #expect(response.status == 200 || response.closes)
                }
            }
            try await server.until { server.server.core.handlers.count == 0 && server.server.budgetUsage.used == 0 }
        }
    }
}
