import HTTPTypes
import MicroHTTP
import Testing
import Threading

@Suite(.timeLimit(.minutes(1)))
struct DisconnectTests {
    enum Way: CaseIterable, Sendable {
        case close
        case reset
    }

    /// The handler reads, so the connection is not suspended.
    @Test(arguments: Way.allCases, [3, 100_000])
    func aClientThatLeavesWhileWeReadIsNoticed(way: Way, sent: Int) async throws {
        let failed = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            began.set()
            do {
                for try await _ in request.body {}
            } catch let error as RequestBodyError where error.code == .disconnected {
                failed.set()
            } catch {}
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            var client: RawClient? = try await server.connect()
            try await client?.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n")
            try await client?.send([UInt8](repeating: 1, count: sent))
            await began.wait()
            let left = ContinuousClock.now
            if way == .reset { client?.reset() }
            client = nil
            await failed.wait()
            #expect(ContinuousClock.now - left < .seconds(10))
        }
    }

    /// The handler does not come back for more, so the connection is suspended by its full queue.
    @Test(arguments: Way.allCases)
    func aClientThatLeavesWhileWeAreSuspendedIsNoticed(way: Way) async throws {
        let cancelled = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            var iterator = request.body.makeAsyncIterator()
            _ = try? await iterator.next()
            began.set()
            await withTaskCancellationHandler {
                await cancelled.wait()
            } onCancel: {
                cancelled.set()
            }
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            var client: RawClient? = try await server.connect()
            try await client?.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000000\r\n\r\n")
            try await client?.send([UInt8](repeating: 1, count: 1_400_000))
            await began.wait()
            let left = ContinuousClock.now
            if way == .reset { client?.reset() }
            client = nil
            await cancelled.wait()
            #expect(ContinuousClock.now - left < .seconds(10))
        }
    }

    /// A handler that works on a complete request goes on when the client only stops sending, and stops on a reset.
    @Test func aResetCancelsAHandlerThatIsWorking() async throws {
        let cancelled = Signal()
        let began = Signal()
        let handler: RequestHandler = { _ in
            began.set()
            await withTaskCancellationHandler {
                await cancelled.wait()
            } onCancel: {
                cancelled.set()
            }
            return Response(status: .ok)
        }
        try await TestServer.run(handler: handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await began.wait()
            client.reset()
            await cancelled.wait()
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
