import Glibc
import HTTPTypes
import SystemPackage
import Testing

@testable import MicroHTTP

@Suite(.timeLimit(.minutes(1)))
struct LimitTests {
    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: [(true, 429), (false, 503)])
    func connectionsAboveTheLimitAreTurnedAway(perAddress: Bool, status: Int) async throws {
        var options = TestServer.options
        if perAddress { options.connectionsPerAddress = 3 } else { options.connectionLimit = 3 }
        try await TestServer.run(options, handler: Handlers.echo) { server in
            var clients: [RawClient] = []
            for _ in 0..<3 {
                let client = try await server.connect()
                try await client.send(Self.get)
                #expect(try await client.readResponse().status == 200)
                clients.append(client)
            }
            for request in [Self.get, "", "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n", "G"] {
                let client = try await server.connect()
                try? await client.send(request)
                let responses = try await client.readAll()
                #expect(responses.map(\.status) == [status])
                let response = try #require(responses.first)
                #expect(response["retry-after"] == "1")
                #expect(response["content-type"] == "application/problem+json")
                #expect(response.text.contains("\"limit\":3}"))
                #expect(response.closes)
            }
            clients[0].finishSending()
            #expect(try await clients[0].readToEnd() == "")
            // The place is free once the server has closed; until then it says so.
            while true {
                let client = try await server.connect()
                try? await client.send(Self.get)
                if try await client.readResponse().status == 200 { break }
            }
        }
    }

    /// Unix sockets have no address to count by, and the limit for all.
    @Test func theLimitHoldsOnUnixSocketsToo() async throws {
        var options = TestServer.options
        options.listen = [.unix(path: TestServer.unixPath())]
        options.connectionLimit = 2
        options.connectionsPerAddress = 1
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let first = try await server.connect()
            let second = try await server.connect()
            for client in [first, second] {
                try await client.send(Self.get)
                #expect(try await client.readResponse().status == 200)
            }
            let third = try await server.connect()
            try? await third.send(Self.get)
            #expect(try await third.readAll().map(\.status) == [503])
        }
    }

    /// A client that is in the middle of sending a body reads the answer all the same.
    @Test func aTurnedAwayUploadReadsItsAnswer() async throws {
        var options = TestServer.options
        options.connectionLimit = 1
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let holder = try await server.connect()
            try await holder.send(Self.get)
            _ = try await holder.readResponse()
            let client = try await server.connect()
            try? await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 500000\r\n\r\n")
            try? await client.send([UInt8](repeating: 1, count: 500_000))
            #expect(try await client.readAll().map(\.status) == [503])
        }
    }

    /// More clients than are lingered for, none of which closes: each gets its answer, and those within the limit are
    /// served meanwhile.
    @Test func clientsThatLingerDoNotKeepOthersWaiting() async throws {
        var options = TestServer.options
        options.connectionLimit = 2
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let holder = try await server.connect()
            try await holder.send(Self.get)
            _ = try await holder.readResponse()
            let freed = try await server.connect()
            try await freed.send(Self.get)
            _ = try await freed.readResponse()
            var lingering: [RawClient] = []
            for _ in 0..<600 {
                let client = try await server.connect()
                lingering.append(client)
            }
            for client in lingering { #expect(try await client.readResponse().status == 503) }
            try await holder.send(Self.get)
            #expect(try await holder.readResponse().status == 200)
            freed.finishSending()
            _ = try await freed.readToEnd()
            try await server.until { server.connections == 1 }
            let next = try await server.connect()
            try await next.send(Self.get)
            #expect(try await next.readResponse().status == 200)
        }
    }

    /// The library closes a connection that it cannot start without a word; its place is free after the header time.
    @Test func aConnectionTheLibraryNeverStartedIsForgotten() async throws {
        let time = TestTime()
        try await TestServer.run(TestServer.options(time), handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(Self.get)
            _ = try await client.readResponse()
            let table = server.server.core.connections
            var ends: [Int32] = [-1, -1]
            try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
            defer { for end in ends { close(end) } }
            let lost = try table.admit(
                ConnectionTable.Newcomer(
                    descriptor: ends[0],
                    peer: .unix,
                    local: server.address,
                    isTLS: false,
                    time: time.now
                )
            )
            #expect(server.connections == 2)
            time.advance(by: .seconds(9))
            try await server.look()
            #expect(server.connections == 2)
            time.advance(by: .seconds(2))
            try await server.until { server.connections == 1 }
            // Whoever has the number by now is left alone.
            lost.shutDown()
            #expect(send(ends[1], "x", 1, Int32(MSG_NOSIGNAL)) == 1)
        }
    }

    /// Connections that were there before a limit was set count against it.
    @Test func newLimitsHoldForConnectionsToCome() throws {
        let table = ConnectionTable(limit: 10, perAddress: 0)
        func admit(_ descriptor: Int32) throws(Problem) -> Connection {
            try table.admit(
                ConnectionTable.Newcomer(
                    descriptor: descriptor,
                    peer: .tcp(host: "192.0.2.1", port: 1),
                    local: .tcp(host: "127.0.0.1", port: 1),
                    isTLS: false,
                    time: .now
                )
            )
        }
        let connections = [try admit(1001), try admit(1002)]
        table.setLimit(10, perAddress: 2)
        #expect(throws: Problem.self) { _ = try admit(1003) }
        table.remove(connections[0])
        let third = try admit(1003)
        table.setLimit(1, perAddress: 0)
        #expect(throws: Problem.self) { _ = try admit(1004) }
        for connection in [connections[1], third] { table.remove(connection) }
        #expect(table.tally.count == 0)
        _ = try admit(1004)
    }

    private func newcomer(_ descriptor: Int32, from host: String) -> ConnectionTable.Newcomer {
        ConnectionTable.Newcomer(
            descriptor: descriptor,
            peer: .tcp(host: host, port: 1),
            local: .tcp(host: "127.0.0.1", port: 1),
            isTLS: true,
            time: .now
        )
    }

    /// Those that are let in to be told so take nobody's place, and are few.
    @Test func refusedConnectionsAreCountedApart() throws {
        let table = ConnectionTable(limit: 3, perAddress: 1)
        let first = try table.admit(newcomer(1001, from: "192.0.2.1"))
        var refused: [Connection] = []
        for descriptor in Int32(2000)..<2100 {
            #expect(throws: Problem.busyAddress(1)) {
                _ = try table.admit(newcomer(descriptor, from: "192.0.2.1"))
            }
            guard let connection = table.admit(newcomer(descriptor, from: "192.0.2.1"), refusing: .busyAddress(1))
            else { continue }
            refused.append(connection)
        }
        #expect(refused.count == 16)
        let second = try table.admit(newcomer(1002, from: "192.0.2.2"))
        _ = try table.admit(newcomer(1003, from: "192.0.2.3"))
        #expect(throws: Problem.busy(3)) { _ = try table.admit(newcomer(1004, from: "192.0.2.4")) }
        #expect(table.served.count == 3)
        // By many addresses all of these places can be taken, and no other.
        let others = (Int32(3000)..<3300).compactMap { number in
            table.admit(newcomer(number, from: "198.51.\(number / 100).\(number % 100)"), refusing: .busy(3))
        }
        #expect(refused.count + others.count == 256)
        table.remove(second)
        let next = try table.admit(newcomer(1002, from: "192.0.2.2"))
        for connection in refused + others + [next, first] { table.remove(connection) }
        #expect(table.tally.count == 1)
        #expect(table.served.count == 1)
        #expect(table.admit(newcomer(2000, from: "192.0.2.1"), refusing: .busy(3)) != nil)
        _ = try table.admit(newcomer(1001, from: "192.0.2.1"))
    }

    @Test func connectionsAreTunedForPeersThatVanish() async throws {
        try await TestServer.run(handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(Self.get)
            _ = try await client.readResponse()
            let connection = try #require(server.server.core.connections.all.first)
            #expect(Self.option(connection, SOL_SOCKET, SO_KEEPALIVE) == 1)
            #expect(Self.option(connection, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT) == 30_000)
            let idle = try #require(Self.option(connection, Int32(IPPROTO_TCP), TCP_KEEPIDLE))
            #expect(idle <= 60)
        }
    }

    private static func option(_ connection: Connection, _ level: Int32, _ name: Int32) -> Int32? {
        var value: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(connection.descriptor, level, name, &value, &size) == 0 ? value : nil
    }
}
