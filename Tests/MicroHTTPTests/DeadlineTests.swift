import HTTPTypes
import MicroHTTP
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1)))
struct DeadlineTests {
    private static var options: HTTPServerOptions {
        var options = TestServer.options
        options.headerTimeout = .milliseconds(400)
        options.idleTimeout = .milliseconds(600)
        options.minRateGrace = .milliseconds(500)
        options.minRate = 1000
        options.downloadStall = .milliseconds(500)
        return options
    }

    @Test(arguments: ["", "GET / HT", "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\r\n"])
    func anUnfinishedHeadIsCut(head: String) async throws {
        try await TestServer.run(Self.options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send(head)
            #expect(try await client.readToEnd() == "")
        }
    }

    @Test func aHeadThatDripsIsCut() async throws {
        try await TestServer.run(Self.options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.drip("G")
        }
    }

    @Test func aFurtherHeadThatDripsIsCutByTheHeaderDeadline() async throws {
        var options = Self.options
        options.idleTimeout = .seconds(60)
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await client.readResponse()
            try await client.drip("G")
        }
    }

    @Test func anIdleConnectionIsClosed() async throws {
        try await TestServer.run(Self.options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = try await client.readResponse()
            #expect(try await client.readToEnd() == "")
        }
    }

    @Test(arguments: [true, false])
    func aBodyBelowTheRateIsCutAndThrows(isLarge: Bool) async throws {
        let failed = Signal()
        let handler: RequestHandler = { request in
            do {
                for try await _ in request.body {}
            } catch let error as RequestBodyError where error.code == .tooSlow {
                failed.set()
            } catch {}
            return Response(status: .ok)
        }
        try await TestServer.run(Self.options, handler: handler) { server in
            let client = try await server.connect()
            let length = isLarge ? 10_000_000 : 1000
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: \(length)\r\n\r\nabc")
            let responses = WireResponse.all(in: try await client.readToEnd())
            #expect(responses.map(\.status) == [408])
            await failed.wait()
        }
    }

    /// The clock runs only while the server reads.
    @Test func aSlowHandlerIsNotTheClientsFault() async throws {
        var options = Self.options
        options.queuePerRequest = 64 << 10
        let open = Signal()
        let handler: RequestHandler = { request in
            await open.wait()
            return await Handlers.echo(request)
        }
        try await TestServer.run(options, handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n")
            async let sent: Void = client.send([UInt8](repeating: 1, count: 1_000_000))
            // Longer than the grace: another connection's cut tells that it is over.
            let other = try await server.connect()
            try await other.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n")
            _ = try await other.readToEnd()
            open.set()
            try await sent
            #expect(try await client.readResponse().text == "PUT / 1000000")
        }
    }

    @Test func anUploadMayTakeOnlySoLong() async throws {
        var options = Self.options
        options.minRate = 0
        options.maxUploadTime = .milliseconds(400)
        let failed = Signal()
        let handler: RequestHandler = { request in
            do {
                for try await _ in request.body {}
            } catch let error as RequestBodyError where error.code == .timedOut {
                failed.set()
            } catch {}
            return Response(status: .ok)
        }
        try await TestServer.run(options, handler: handler) { server in
            let client = try await server.connect()
            try await client.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc")
            #expect(WireResponse.all(in: try await client.readToEnd()).map(\.status) == [408])
            await failed.wait()
        }
    }

    @Test func aReaderThatTakesNothingIsCut() async throws {
        let big = [UInt8](repeating: 1, count: 32 << 20)
        let handler: RequestHandler = { _ in Response(status: .ok, body: .bytes(big)) }
        try await TestServer.run(Self.options, handler: handler) { server in
            let client = try await RawClient.connect(server.address, receiveBuffer: 4096)
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            // The connection's end shows in that sending fails, without a byte read.
            try await client.drip("\r\n")
        }
    }
}
