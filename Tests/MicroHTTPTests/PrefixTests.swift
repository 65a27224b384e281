import HTTPTypes
import Testing
import Threading

@testable import MicroHTTP

/// What was received of a body reaches its reader, however the rest fails to come.
@Suite(.timeLimit(.minutes(1)))
struct PrefixTests {
    enum End: CaseIterable, Sendable {
        case close
        case halfClose
        case reset
        case stop
    }

    /// Reads one chunk, waits, and reads on.
    private final class Slow: Sendable {
        let began = Signal()
        let open = Signal()
        let ended = Signal()
        let received = Locked<[UInt8]>([])
        let code = Locked<RequestBodyError.Code?>(nil)

        func read(_ request: Request) async -> Response {
            do {
                for try await chunk in request.body {
                    received.withLock { $0 += chunk }
                    began.set()
                    await open.wait()
                }
            } catch {
                code.withLock { $0 = (error as? RequestBodyError)?.code }
            }
            ended.set()
            return Response(status: .ok)
        }
    }

    private static let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

    private static func received(_ server: TestServer) -> Int64 {
        for connection in server.server.core.connections.all {
            if case .exchange(let exchange) = connection.phase {
                return exchange.state.withLock { $0.machine.received }
            }
        }
        return -1
    }

    @Test(arguments: End.allCases, ["Content-Length: 10000000\r\n", "Transfer-Encoding: chunked\r\n"])
    func whatWasReceivedIsReadBeforeTheError(end: End, framing: String) async throws {
        for isUnix in [false, true] where !(isUnix && end == .reset) {
            var options = TestServer.options
            options.shutdownTimeout = .zero
            if isUnix { options.listen = [.unix(path: TestServer.unixPath())] }
            let slow = Slow()
            try await TestServer.run(options, handler: slow.read) { server in
                var client: RawClient? = try await server.connect()
                let bytes = Self.bytes
                let isChunked = framing.hasPrefix("T")
                let frame = isChunked ? Array("\(String(bytes.count, radix: 16))\r\n".utf8) + bytes : bytes
                try await client?.send(Array("PUT /f HTTP/1.1\r\nHost: h\r\n\(framing)\r\n".utf8) + frame)
                await slow.began.wait()
                try await server.until { Self.received(server) == Int64(bytes.count) }
                switch end {
                case .close: client = nil
                case .halfClose: client?.finishSending()
                case .reset: client?.reset()
                case .stop: await server.shutDown()
                }
                try await server.until { server.connections == 0 }
                let used = server.server.budgetUsage.used
                #expect(used > 0 && used <= bytes.count)
                slow.open.set()
                await slow.ended.wait()
                #expect(slow.received.withLock { $0 } == bytes)
                let code = slow.code.withLock { $0 }
                #expect(end == .stop ? code == .shuttingDown : [.disconnected, .truncated, .malformed].contains(code))
                try await server.until { server.server.budgetUsage.used == 0 }
                _ = client
            }
        }
    }

    /// A request that will get no more bytes stands in nobody's way, though what it has is not read yet.
    @Test func othersGetTheMemoryThatIsFree() async throws {
        var options = TestServer.options
        options.bufferMemory = 256 << 10
        options.queuePerRequest = 128 << 10
        let slow = Slow()
        let handler: RequestHandler = { request in
            request.target.path == "/slow" ? await slow.read(request) : await Handlers.echo(request)
        }
        try await TestServer.run(options, handler: handler) { server in
            var clients: [RawClient] = []
            for _ in 0..<6 {
                let client = try await server.connect()
                try await client.send("PUT /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\n")
                try await client.send([UInt8](repeating: 1, count: 100_000))
                clients.append(client)
            }
            await slow.began.wait()
            try await server.until { server.server.core.handlers.count == 6 }
            for client in clients { client.reset() }
            clients = []
            try await server.until { server.connections == 0 }
            #expect(server.server.budgetUsage.used <= 256 << 10)
            slow.open.set()
            try await server.until { server.server.core.handlers.count == 0 }
            #expect(server.server.budgetUsage.used == 0)
            let other = try await server.connect()
            try await other.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            try await other.send([UInt8](repeating: 2, count: 1_000_000))
            #expect(try await other.readResponse().text == "PUT /f 1000000")
        }
    }
}
