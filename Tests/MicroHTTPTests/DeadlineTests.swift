import HTTPTypes
import SystemPackage
import Testing
import Threading

@testable import MicroHTTP

/// Deadlines at their defaults, by a time that the tests move.
@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    /// How much of a time a client was given before the server ended its connection, in steps of half a second; nil
    /// after two minutes.
    private static func end(
        of client: RawClient,
        _ server: TestServer,
        _ time: TestTime,
        between: () async throws -> Void = {}
    ) async throws -> Duration? {
        var given = Duration.zero
        try await server.look()
        while given < .seconds(120) {
            guard client.isQuiet else { return given }
            try await between()
            time.advance(by: .milliseconds(500))
            given += .milliseconds(500)
            try await server.look()
        }
        return nil
    }

    /// A TCP server, and one on a Unix socket.
    private static func eachServer(
        _ change: (inout HTTPServerOptions) -> Void = { _ in },
        handler: @escaping RequestHandler = Handlers.echo,
        _ body: @Sendable (TestServer, TestTime) async throws -> Void
    ) async throws {
        for isUnix in [false, true] {
            let time = TestTime()
            var options = TestServer.options(time)
            if isUnix { options.listen = [.unix(path: TestServer.unixPath())] }
            change(&options)
            try await TestServer.run(options, handler: handler) { try await body($0, time) }
        }
    }

    private static let get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n"

    @Test(arguments: ["", "\r\n", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\r\n"])
    func anUnfinishedHeadIsCutAfterTenSeconds(head: String) async throws {
        try await Self.eachServer { server, time in
            let client = try await server.connect()
            try await client.send(head)
            try await server.until { server.connections == 1 }
            let given = try #require(try await Self.end(of: client, server, time))
            #expect(given > .seconds(10) && given <= .seconds(11))
            #expect(try await client.readToEnd() == "")
        }
    }

    @Test func aHeadThatDripsIsCutAfterTenSeconds() async throws {
        try await Self.eachServer { server, time in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nX: ")
            try await server.until { server.connections == 1 }
            let given = try await Self.end(of: client, server, time) { try await client.send("a") }
            #expect(try #require(given) > .seconds(10))
            #expect(try #require(given) <= .seconds(11))
        }
    }

    /// The first byte of a further request starts the clock, also when it comes with the request before.
    @Test(arguments: [
        (get + "G", ""), (get, "G"), (get, "\r\n"),
        (
            "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 70000\r\n\r\n" + String(repeating: "x", count: 70_000) + "G",
            ""
        ),
        ("POST /early HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcG", ""),
    ])
    func aFurtherHeadIsCutAfterTenSeconds(first: String, second: String) async throws {
        try await TestServer.withTime { server, time in
            let client = try await server.connect()
            for _ in 0..<2 {
                try await client.send(Self.get + Self.get)
                _ = try await client.readResponse()
                _ = try await client.readResponse()
            }
            try await client.send(first)
            _ = try await client.readResponse()
            try await client.send(second)
            let given = try #require(try await Self.end(of: client, server, time))
            // The server looks once a second.
            #expect(given > .seconds(10) && given <= .seconds(12.5))
        }
    }

    /// The kernel does not count a Unix socket's bytes: until the end of the request line it is the idle time that counts,
    /// however the head drips.
    @Test(arguments: [("", 75...76), ("GET / HTTP/1.1\r\nX: ", 10...11)])
    func aFurtherHeadOnAUnixSocketIsCut(beginning: String, seconds: ClosedRange<Int>) async throws {
        let time = TestTime()
        var options = TestServer.options(time)
        options.listen = [.unix(path: TestServer.unixPath())]
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(Self.get)
            _ = try await client.readResponse()
            try await client.send(beginning)
            try await server.look()
            let given = try #require(try await Self.end(of: client, server, time) { try await client.send("G") })
            #expect(given > .seconds(seconds.lowerBound))
            #expect(given <= .seconds(seconds.upperBound))
        }
    }

    @Test func anIdleConnectionIsClosedAfterItsTime() async throws {
        try await Self.eachServer { server, time in
            let client = try await server.connect()
            for _ in 0..<3 {
                try await client.send("POST /f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc")
                _ = try await client.readResponse()
            }
            let given = try #require(try await Self.end(of: client, server, time))
            #expect(given > .seconds(75) && given <= .seconds(76))
            #expect(try await client.readToEnd() == "")
        }
    }

    @Test func zeroMeansNoLimit() async throws {
        let change: (inout HTTPServerOptions) -> Void = {
            $0.headerTimeout = .zero
            $0.idleTimeout = .zero
            $0.minRate = 0
        }
        try await Self.eachServer(change) { server, time in
            let idle = try await server.connect()
            try await idle.send(Self.get)
            _ = try await idle.readResponse()
            let head = try await server.connect()
            try await head.send("GET")
            let body = try await server.connect()
            try await body.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na")
            try await server.until { server.connections == 3 }
            time.advance(by: .seconds(100_000))
            try await server.look()
            #expect(idle.isQuiet && head.isQuiet && body.isQuiet)
        }
    }

    @Test(arguments: [true, false])
    func aBodyBelowTheRateIsCutAndThrows(isLarge: Bool) async throws {
        let failed = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            do {
                for try await _ in request.body { began.set() }
            } catch let error as RequestBodyError where error.code == .tooSlow {
                failed.set()
            } catch {}
            return Response(status: .ok)
        }
        try await TestServer.withTime(handler: handler) { server, time in
            let client = try await server.connect()
            let length = isLarge ? 10_000_000 : 1000
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabc")
            await began.wait()
            let given = try await Self.end(of: client, server, time) { try await client.send("d") }
            #expect(given == .seconds(5.5))
            #expect(try await client.readAll().map(\.status) == [408])
            await failed.wait()
        }
    }

    /// A chunk so large that it never ends is a body that comes in too slowly.
    @Test(arguments: ["ffffffffffffffff\r\nab", "7fffffffffffffff\r\nab", "2\r\nab\r\n0\r\nX: ", "2"])
    func aChunkThatNeverEndsIsCut(body: String) async throws {
        try await TestServer.withTime { server, time in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
            try await server.until { server.isInBody }
            let given = try #require(try await Self.end(of: client, server, time))
            #expect(given > .seconds(5) && given < .seconds(8))
            #expect(try await client.readAll().map(\.status) == [408])
        }
    }

    /// The clock runs only while the server reads.
    @Test(arguments: [true, false])
    func aSlowHandlerIsNotTheClientsFault(readsFirst: Bool) async throws {
        let open = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            var count = 0
            var iterator = request.body.makeAsyncIterator()
            if readsFirst { count += (try? await iterator.next())?.count ?? 0 }
            began.set()
            await open.wait()
            while let chunk = try? await iterator.next() { count += chunk.count }
            return Response(status: .ok, body: .text("\(count)"))
        }
        let time = TestTime()
        var options = TestServer.options(time)
        options.queuePerRequest = 64 << 10
        try await TestServer.run(options, handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            async let sent: Void = client.send([UInt8](repeating: 1, count: 1_000_000))
            await began.wait()
            try await server.until { !readsFirst || server.server.budgetUsage.used == 64 << 10 }
            time.advance(by: .seconds(1000))
            try await server.look()
            open.set()
            try await sent
            #expect(try await client.readResponse().text == "1000000")
        }
    }

    @Test func anUploadMayTakeOnlySoLong() async throws {
        let failed = Signal()
        let began = Signal()
        let handler: RequestHandler = { request in
            do {
                for try await _ in request.body { began.set() }
            } catch let error as RequestBodyError where error.code == .timedOut {
                failed.set()
            } catch {}
            return Response(status: .ok)
        }
        let time = TestTime()
        var options = TestServer.options(time)
        options.maxUploadTime = .seconds(60)
        try await TestServer.run(options, handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 10000000\r\n\r\nabc")
            await began.wait()
            let piece = [UInt8](repeating: 1, count: 1000)
            let given = try await Self.end(of: client, server, time) { try await client.send(piece) }
            #expect(given == .seconds(60.5))
            #expect(try await client.readAll().map(\.status) == [408])
            await failed.wait()
        }
    }

    /// Nothing, or less than the minimum rate: both end.
    @Test(arguments: [0, 20])
    func aReaderThatTakesAlmostNothingIsCut(bytesPerStep: Int) async throws {
        let big = [UInt8](repeating: 1, count: 32 << 20)
        let handler: RequestHandler = { _ in Response(status: .ok, body: .bytes(big)) }
        try await Self.eachServer(handler: handler) { server, time in
            let client = try await RawClient.connect(server.address, receiveBuffer: 4096)
            try await client.send(Self.get)
            try await server.until { !client.isQuiet }
            var steps = 0
            while server.connections > 0, steps < 1000 {
                if bytesPerStep > 0 { _ = try await client.receive(bytesPerStep) }
                time.advance(by: .seconds(1))
                try await server.look()
                steps += 1
            }
            #expect(steps > 30 && steps < 300)
        }
    }

    @Test func aReaderThatIsSlowButSteadyIsNotCut() async throws {
        let content = [UInt8](repeating: 1, count: 8 << 20)
        let handler: RequestHandler = { _ in Response(status: .ok, body: .bytes(content)) }
        try await Self.eachServer(handler: handler) { server, time in
            let client = try await RawClient.connect(server.address, receiveBuffer: 4096)
            try await client.send(Self.get)
            var count = 0
            while count < content.count {
                var taken = 0
                while taken < 128 << 10, count + taken < content.count {
                    taken += try #require(try await client.receive()).count
                }
                count += taken
                time.advance(by: .seconds(5))
                try await server.look()
            }
            #expect(count >= content.count)
        }
    }
}
