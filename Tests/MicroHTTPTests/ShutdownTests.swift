import CLinux
import Glibc
import HTTPTypes
import Logging
import SystemPackage
import Testing

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct ShutdownTests {
    @Test func aRequestInFlightFinishesAndFurtherOnesAreTurnedAway() async throws {
        var options = TestServer.options
        options.idleGrace = .seconds(20)
        options.shutdownTimeout = .seconds(20)
        let open = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            if request.target.path == "/f" {
                began.set()
                await open.wait()
            }
            return await Handlers.echo(request)
        }
        try await TestServer.run(options, handler: handler) { server in
            let idle = try await server.connect()
            try await idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await idle.readResponse().closes == false)
            let busy = try await server.connect()
            try await busy.send("PUT /f HTTP/1.1\r\nHost: h\r\nContent-Length: 6\r\n\r\nabc")
            await began.wait()
            await server.shutDown()
            // On a new connection, once the server has heard of the shutdown.
            while true {
                let fresh = try await server.connect()
                try? await fresh.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
                if try await fresh.readResponse().status == 503 { break }
            }
            // On a connection that was in use before.
            try await idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            let refused = WireResponse.all(in: try await idle.readToEnd())
            #expect(refused.map(\.status) == [503])
            #expect(refused.first?.closes == true)
            try await busy.send("def")
            open.set()
            let answer = WireResponse.all(in: try await busy.readToEnd())
            #expect(answer.map(\.status) == [200])
            #expect(answer.first?.closes == true)
        }
    }

    /// A connection over TLS, as far as the server knows, that is there to be refused; the other end of its socket.
    private func refuse(on server: TestServer, at time: ContinuousClock.Instant) throws -> (Connection, peer: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let newcomer = ConnectionTable.Newcomer(
            descriptor: ends[0],
            peer: .unix,
            local: server.address,
            isTLS: true,
            time: time
        )
        return (try #require(server.server.core.connections.admit(newcomer, refusing: .draining)), ends[1])
    }

    /// However many come, one after the other.
    @Test func whoeverIsRefusedDoesNotPutTheEndOff() async throws {
        let time = TestTime()
        var options = TestServer.options(time)
        options.shutdownTimeout = .seconds(3600)
        options.idleGrace = .milliseconds(50)
        let peer = try await TestServer.run(options, handler: Handlers.echo) { server in
            let (connection, peer) = try refuse(on: server, at: time.now)
            // As the library does once it is ended, which in this time the watcher never does.
            Task {
                await OwnThread.run {
                    var byte: UInt8 = 0
                    _ = recv(peer, &byte, 1, 0)
                }
                server.server.core.connections.remove(connection)
                close(connection.descriptor)
            }
            return peer
        }
        close(peer)
    }

    @Test func whoComesDuringAStopHasTimeToBeRefused() async throws {
        let time = TestTime()
        var options = TestServer.options(time)
        options.shutdownTimeout = .seconds(3600)
        options.idleGrace = .seconds(5)
        let (began, open) = (Signal(), Signal())
        let handler: RequestHandler = { request in
            began.set()
            await open.wait()
            return await Handlers.echo(request)
        }
        try await TestServer.run(options, handler: handler) { server in
            let busy = try await server.connect()
            try await busy.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await began.wait()
            await server.shutDown()
            try await server.until { server.server.core.isDraining }
            try await server.look()
            time.advance(by: .seconds(6))
            let (connection, peer) = try refuse(on: server, at: time.now)
            defer { for end in [connection.descriptor, peer] { close(end) } }
            time.advance(by: .seconds(4))
            try await server.look()
            #expect(server.connections == 2)
            try await server.until {
                time.advance(by: .milliseconds(100))
                return server.connections == 1
            }
            open.set()
            #expect(try await busy.readResponse().status == 200)
        }
    }

    /// Whether its client has sent nothing of a request yet, or a part.
    @Test(arguments: ["", "GET / HTTP/1.1\r\nHo"])
    func theFirstRequestOfAConnectionIsServedAllTheSame(head: String) async throws {
        var options = TestServer.options
        options.idleGrace = head.isEmpty ? .seconds(20) : .zero
        options.shutdownTimeout = .seconds(20)
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(head)
            try await server.until { server.connections == 1 }
            await server.shutDown()
            try await server.until { server.isDraining }
            try await server.look()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n".dropFirst(head.count).description)
            let answers = try await client.readAll()
            #expect(answers.map(\.status) == [200])
            #expect(answers.first?.closes == true)
        }
    }

    /// Suspended in the header call, by a full queue, for the response; and one that reads.
    @Test func whatIsLeftAtTheEndIsCutAndTheServerStops() async throws {
        var options = TestServer.options
        options.shutdownTimeout = .milliseconds(300)
        options.bufferMemory = 256 << 10
        let handler: RequestHandler = { request in
            if request.target.path == "/read" { return await Handlers.echo(request) }
            if request.target.path == "/queue" {
                var iterator = request.body.makeAsyncIterator()
                _ = try? await iterator.next()
            }
            let never = Signal()
            await withTaskCancellationHandler {
                await never.wait()
            } onCancel: {
                never.set()
            }
            return Response(status: .ok)
        }
        try await TestServer.run(options, handler: handler) { server in
            var clients: [RawClient] = []
            for target in ["/header", "/queue", "/final", "/read"] {
                for _ in 0..<8 {
                    let client = try await server.connect()
                    let length = target == "/final" ? 3 : 1 << 20
                    try await client.send("PUT \(target) HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabc")
                    if target == "/queue" { try await client.send([UInt8](repeating: 1, count: 100_000)) }
                    clients.append(client)
                }
            }
            await server.shutDown()
            for client in clients { _ = try await client.readToEnd() }
        }
    }

    @Test func aUnixSocketServesAndIsRemoved() async throws {
        let path = "/tmp/microhttp-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
        var options = TestServer.options
        options.listen = [.unix(path: path)]
        try await TestServer.run(options, handler: Handlers.echo) { server in
            #expect(server.address == .unix(path: path))
            let client = try await server.connect()
            try await client.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.readResponse().text == "POST / 3")
        }
        #expect(access(path, F_OK) != 0)
    }

    @Test func aTakenPortIsSaidToBeTaken() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let port = try #require(server.address.port)
            var options = TestServer.options
            options.listen = [.tcp(host: "127.0.0.1", port: port)]
            let second = HTTPServer(options: options, handler: Handlers.echo, logger: .init(label: "test"))
            let error = #expect(throws: HTTPServerError.self) { try second.bind() }
            #expect(error?.code == .addressInUse)
            #expect(error?.cause == .addressInUse)
            #expect(error?.message == "Another program already listens on 127.0.0.1:\(port).")
        }
    }

    @Test(arguments: [
        ListenAddress.tcp(host: "localhost", port: 0), .tcp(host: "1.2.3", port: 0), .inherited(descriptor: -1),
    ])
    func whatIsNoAddressIsSaidToBeNone(address: ListenAddress) {
        var options = TestServer.options
        options.listen = [address]
        let server = HTTPServer(options: options, handler: Handlers.echo, logger: .init(label: "test"))
        let error = #expect(throws: HTTPServerError.self) { try server.bind() }
        #expect(error?.code == .invalidAddress)
    }
}
