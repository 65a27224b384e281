import Glibc
import HTTPTypes
import Logging
import Testing
import Threading

@testable import MicroHTTP

/// What the watchdog asks of the threads that serve connections.
@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
    @Test(arguments: [1, 2, 5]) func allWorkersAnswerAndNobodyElseNotices(workers: Int) async throws {
        var options = TestServer.options
        options.workers = workers
        options.connectionLimit = 1
        let requests = Locked(0)
        let handler: RequestHandler = { request in
            requests.withLock { $0 += 1 }
            return await Handlers.echo(request)
        }
        try await TestServer.run(options, handler: handler) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
            for _ in 0..<10 { await server.server.answer() }
            #expect(server.connections == 1)
            #expect(requests.withLock { $0 } == 1)
        }
    }

    /// A worker asks for the time when a request line has come: here it is kept waiting for it.
    @Test func aWorkerThatHangsKeepsTheAnswerBack() async throws {
        let time = Locked((isHeld: false, isAsked: false))
        var options = TestServer.options
        options.workers = 1
        let now = options.now
        options.now = {
            while time.withLock({ time in
                time.isAsked = time.isAsked || time.isHeld
                return time.isHeld
            }) {
                _ = poll(nil, 0, 1)
            }
            return now()
        }
        // Nobody else asks for the time meanwhile.
        options.watchInterval = .seconds(3600)
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
            await server.server.answer()
            time.withLock { $0.isHeld = true }
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            try await server.until { time.withLock { $0.isAsked } }
            let isAnswered = Locked(false)
            let question = Task {
                await server.server.answer()
                isAnswered.withLock { $0 = true }
            }
            for _ in 0..<50 { await OwnThread.run { _ = poll(nil, 0, 1) } }
            #expect(!isAnswered.withLock { $0 })
            time.withLock { $0.isHeld = false }
            await question.value
            #expect(try await client.readResponse().status == 200)
        }
    }

    @Test func aServerThatDoesNotRunAnswers() async throws {
        let server = HTTPServer(options: TestServer.options, handler: Handlers.echo, logger: .init(label: "test"))
        await server.answer()
        let stopped = try await TestServer.run(handler: Handlers.echo) { server in
            await server.server.answer()
            return server.server
        }
        await stopped.answer()
    }
}
