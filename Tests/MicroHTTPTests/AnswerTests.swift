import CLinux
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
        let time = HeldTime()
        var options = time.options
        options.workers = 1
        // Nobody else asks for the time meanwhile.
        options.watchInterval = .seconds(3600)
        try await TestServer.run(options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            #expect(try await client.readResponse().status == 200)
            await server.server.answer()
            time.hold()
            try await client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            try await time.expectNoAnswer(of: server)
            #expect(try await client.readResponse().status == 200)
        }
    }

    /// It asks for the time whenever it looks at the connections.
    @Test func aWatcherThatHangsKeepsTheAnswerBack() async throws {
        let time = HeldTime()
        try await TestServer.run(time.options, handler: Handlers.echo) { server in
            let client = try await server.connect()
            defer { client.finishSending() }
            try await server.look()
            await server.server.answer()
            time.hold()
            try await time.expectNoAnswer(of: server)
        }
    }

    @Test func whoAsksAThreadIsAnsweredByItsNextTurnOrItsEnd() async throws {
        let wake = clinux_wake_open()
        defer { close(wake) }
        let attendance = Attendance(wake: wake)
        let asker = Task { await attendance.answer() }
        await OwnThread.run {
            var event = pollfd(fd: wake, events: Int16(POLLIN), revents: 0)
            _ = poll(&event, 1, -1)
        }
        attendance.turn()
        await asker.value
        let last = Task { await attendance.answer() }
        await OwnThread.run { attendance.end() }
        await last.value
        await attendance.answer()
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

/// A time that stands still, and for which whoever asks may be kept waiting.
private final class HeldTime: Sendable {
    private let state = Locked((isHeld: false, isAsked: false))

    var options: HTTPServerOptions {
        var options = TestServer.options
        let now = options.now
        options.now = { [state] in
            while state.withLock({ state in
                state.isAsked = state.isAsked || state.isHeld
                return state.isHeld
            }) {
                _ = poll(nil, 0, 1)
            }
            return now()
        }
        return options
    }

    func hold() {
        state.withLock { $0.isHeld = true }
    }

    /// Waits until somebody hangs, and lets go of it at the end.
    func expectNoAnswer(of server: TestServer) async throws {
        try await server.until { state.withLock { $0.isAsked } }
        let isAnswered = Locked(false)
        let question = Task {
            await server.server.answer()
            isAnswered.withLock { $0 = true }
        }
        for _ in 0..<50 { await OwnThread.run { _ = poll(nil, 0, 1) } }
        #expect(!isAnswered.withLock { $0 })
        state.withLock { $0.isHeld = false }
        await question.value
    }
}
