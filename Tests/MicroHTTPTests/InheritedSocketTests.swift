import Glibc
import MicroHTTP
import SystemPackage
import Testing

/// Sockets that somebody else opened, and keeps for the next server.
@Suite(.timeLimit(.minutes(1)))
struct InheritedSocketTests {
    private final class Listener: Sendable {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        let address: BoundAddress

        init() throws {
            var own = sockaddr_in()
            own.sin_family = sa_family_t(AF_INET)
            own.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let (listener, length) = (descriptor, size)
            let result = withUnsafeMutablePointer(to: &own) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(listener, $0, length) == 0 && listen(listener, 512) == 0
                        && getsockname(listener, $0, &size) == 0
                }
            }
            try #require(result)
            address = .tcp(host: "127.0.0.1", port: UInt16(bigEndian: own.sin_port))
        }

        deinit {
            close(descriptor)
        }

        var options: HTTPServerOptions {
            var options = TestServer.options
            options.listen = [.inherited(descriptor: dup(descriptor))]
            options.idleGrace = .seconds(20)
            options.shutdownTimeout = .seconds(20)
            return options
        }

        /// Takes what waits, and closes it; how many.
        func takeAll() -> Int {
            var count = 0
            var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&event, 1, 0) == 1 {
                close(accept(descriptor, nil, nil))
                count += 1
            }
            return count
        }
    }

    @Test func itIsLeftListening() async throws {
        let listener = try Listener()
        try await TestServer.run(listener.options, handler: Handlers.echo) { server in
            #expect(server.address == listener.address)
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
        }
        // The server is gone, the socket still takes connections for its next owner.
        let client = try await RawClient.connect(listener.address)
        defer { client.finishSending() }
        #expect(listener.takeAll() == 1)
    }

    /// As of a client that sends one file after the other.
    @Test func aConnectionThatWasInUseIsServedOnceMore() async throws {
        let listener = try Listener()
        try await TestServer.run(listener.options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            #expect(try await client.readResponse().closes == false)
            await server.shutDown()
            try await server.until { server.isDraining }
            try await client.send("PUT /b HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
            let answers = try await client.readAll()
            #expect(answers.map(\.status) == [200])
            #expect(answers.first?.text == "PUT /b 3")
            #expect(answers.first?.closes == true)
        }
    }

    /// As when a daemon is restarted right after its start, with clients that have waited for it.
    @Test func whoWasAcceptedIsServedAndWhoWasNotIsLeftToTheNextOwner() async throws {
        for _ in 0..<5 {
            let listener = try Listener()
            var clients: [RawClient] = []
            for _ in 0..<200 {
                let client = try await RawClient.connect(listener.address)
                try await client.send(
                    "PUT /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc"
                )
                clients.append(client)
            }
            let began = Signal()
            let handler: RequestHandler = { request in
                began.set()
                return await Handlers.echo(request)
            }
            try await TestServer.run(listener.options, handler: handler) { server in
                await began.wait()
                await server.shutDown()
            }
            let left = listener.takeAll()
            var statuses: [Int] = []
            for client in clients { statuses += try await client.readAll().map(\.status) }
            #expect(statuses.count + left == clients.count)
            #expect(statuses.allSatisfy { $0 == 200 }, "\(statuses)")
        }
    }
}
