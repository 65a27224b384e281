import HTTPTypes
import Synchronization
import Testing
import Threading

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct DisconnectTests {
    enum Way: CaseIterable, Sendable {
        case close
        case halfClose
        case reset
    }

    /// The server's own time: how often it has looked at its connections, ten times a second.
    ///
    /// On a busy machine that gets as little time as the rest of the server.
    private final class Looks: Sendable {
        private let server = Locked<HTTPServer?>(nil)
        private let noticed = Locked<Int?>(nil)
        let hasNoticed = Signal()

        private var now: Int { server.withLock { $0?.core.sweeps.load(ordering: .acquiring) ?? 0 } }

        func start(_ server: HTTPServer) -> Int {
            self.server.withLock { $0 = server }
            return now
        }

        func notice() {
            let now = now
            noticed.withLock { $0 = now }
            hasNoticed.set()
        }

        func countSince(_ start: Int) async -> Int {
            await hasNoticed.wait()
            return noticed.withLock { $0 ?? .max } - start
        }
    }

    /// Two seconds of the server's.
    private static let bound = 20

    private static func options(isUnix: Bool) -> HTTPServerOptions {
        var options = TestServer.options
        options.watchInterval = HTTPServerOptions().watchInterval
        if isUnix { options.listen = [.unix(path: TestServer.unixPath())] }
        return options
    }

    /// Sends what it is told, leaves once the handler has begun, and checks when that is noticed.
    private static func leave(
        _ way: Way,
        isUnix: Bool = false,
        after request: [UInt8],
        handler: @escaping @Sendable (Request, _ began: Signal, _ noticed: @Sendable () -> Void) async -> Void
    ) async throws {
        let looks = Looks()
        let began = Signal()
        let responder: RequestHandler = { request in
            await handler(request, began) { looks.notice() }
            return Response(status: .ok)
        }
        try await TestServer.run(options(isUnix: isUnix), handler: responder) { server in
            var client: RawClient? = try await server.connect()
            try await client?.send(request)
            await began.wait()
            let start = looks.start(server.server)
            switch way {
            case .reset: client?.reset()
            case .halfClose: client?.finishSending()
            case .close: break
            }
            if way != .halfClose { client = nil }
            #expect(await looks.countSince(start) <= bound)
            // Its place is free, too.
            try await server.until { server.connections == 0 }
            _ = client
        }
    }

    private static func put(_ length: Int, sent: Int) -> [UInt8] {
        Array("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\n".utf8)
            + [UInt8](repeating: 1, count: sent)
    }

    /// The handler reads, so the connection is not suspended.
    @Test(arguments: Way.allCases, [3, 100_000])
    func aClientThatLeavesWhileWeReadIsNoticed(way: Way, sent: Int) async throws {
        for isUnix in [false, true] where !(isUnix && way == .reset) {
            try await Self.leave(way, isUnix: isUnix, after: Self.put(10_000_000, sent: sent)) {
                request,
                began,
                noticed in
                do {
                    for try await _ in request.body { began.set() }
                } catch let error as RequestBodyError where [.disconnected, .truncated].contains(error.code) {
                    noticed()
                } catch {}
            }
        }
    }

    /// The handler does not come back for more, so the connection is suspended by its full queue.
    @Test(arguments: Way.allCases)
    func aClientThatLeavesWhileWeAreSuspendedIsNoticed(way: Way) async throws {
        for isUnix in [false, true] where !(isUnix && way == .reset) {
            // A little more than the queue takes: the end of input comes behind the last byte, and what does not fit the
            // receive window stays with the peer (RFC 9293, 3.8.6).
            let request = Self.put(100_000_000, sent: TestServer.options.queuePerRequest + 1000)
            try await Self.leave(way, isUnix: isUnix, after: request) { request, began, noticed in
                var iterator = request.body.makeAsyncIterator()
                _ = try? await iterator.next()
                began.set()
                await untilCancelled()
                noticed()
            }
        }
    }

    /// The handler has not asked for its body yet: the connection is suspended in its header section.
    @Test(arguments: Way.allCases)
    func aClientThatLeavesBeforeWeReadIsNoticed(way: Way) async throws {
        try await Self.leave(way, after: Self.put(100_000_000, sent: 1000)) { _, began, noticed in
            began.set()
            await untilCancelled()
            noticed()
        }
    }

    /// A handler that works on a complete request goes on when the client only stops sending, and stops on a reset.
    @Test func aResetCancelsAHandlerThatIsWorking() async throws {
        try await Self.leave(.reset, after: Array("GET / HTTP/1.1\r\nHost: h\r\n\r\n".utf8)) { _, began, noticed in
            began.set()
            await untilCancelled()
            noticed()
        }
    }

    @Test(arguments: [
        "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + String(repeating: "x", count: 200_000),
    ])
    func aHalfCloseAfterAFullRequestStillGetsItsReply(request: String) async throws {
        let open = Signal()
        let handler: RequestHandler = { request in
            await open.wait()
            return await Handlers.echo(request)
        }
        try await TestServer.run(handler: handler) { server in
            // Older connections change the order in which the library looks at the one in question.
            let older = try await server.connect()
            try await older.send("GET /older HTTP/1.1\r\nHost: h\r\n\r\n")
            let client = try await server.connect()
            try await client.send(request)
            client.finishSending()
            let newer = try await server.connect()
            try await newer.send("GET /newer HTTP/1.1\r\nHost: h\r\n\r\n")
            open.set()
            let responses = WireResponse.all(in: try await client.readToEnd())
            #expect(responses.map(\.status) == [200])
            #expect(try await older.readResponse().status == 200)
            #expect(try await newer.readResponse().status == 200)
        }
    }

    /// Data and the end of input in one packet: the end must not be overlooked.
    @Test func anEndOfInputThatComesWithDataIsNotOverlooked() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            for _ in 0..<50 {
                let client = try await server.connect()
                try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc")
                client.finishSending()
                #expect(try await client.readToEnd() == "")
            }
        }
    }
}

private func untilCancelled() async {
    let cancelled = Signal()
    await withTaskCancellationHandler {
        await cancelled.wait()
    } onCancel: {
        cancelled.set()
    }
}
