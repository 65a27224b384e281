import Glibc
import HTTPTypes
import Logging
import ServiceLifecycle
import Synchronization
import SystemPackage
import Threading

@testable import MicroHTTP

/// A server on a port of its own for the time of a test.
struct TestServer: Sendable {
    /// In the order of the options.
    let addresses: [BoundAddress]
    let group: ServiceGroup
    let server: HTTPServer

    var address: BoundAddress { addresses[0] }
    /// Whether the server waits for body bytes of some request.
    var isInBody: Bool {
        server.core.connections.all.contains { connection in
            guard case .exchange(let exchange) = connection.phase else { return false }
            return exchange.state.withLock { $0.machine.isReading }
        }
    }
    /// Whether it has been told to shut down.
    var isDraining: Bool { server.core.isDraining }
    /// Open connections the server knows of.
    var connections: Int { server.core.connections.tally.count }

    func connect() async throws -> RawClient {
        try await RawClient.connect(address)
    }

    /// Tells the server to shut down; it goes on until its connections are done.
    func shutDown() async {
        await group.triggerGracefulShutdown()
    }

    /// Waits until every connection has been looked at after this call.
    func look() async throws {
        // The first may have begun already.
        let target = server.core.sweeps.load(ordering: .acquiring) + 2
        try await until { server.core.sweeps.load(ordering: .acquiring) >= target }
    }

    /// Waits until something holds that nobody tells.
    func until(_ holds: () async throws -> Bool) async throws {
        while try await !holds() {
            try Task.checkCancellation()
            await OwnThread.run { _ = Glibc.poll(nil, 0, 2) }
        }
    }

    /// Options with the real limits, and a time that stands still: a busy machine fails no test that is not about time.
    static var options: HTTPServerOptions { options(TestTime()) }

    static func options(_ time: TestTime) -> HTTPServerOptions {
        var options = HTTPServerOptions(processors: 2)
        options.now = { time.now }
        options.watchInterval = .milliseconds(5)
        options.listen = [.tcp(host: "127.0.0.1", port: 0)]
        options.idleGrace = .zero
        options.shutdownTimeout = .seconds(5)
        return options
    }

    static func withTime(
        handler: @escaping RequestHandler = Handlers.echo,
        _ body: @Sendable (TestServer, TestTime) async throws -> Void
    ) async throws {
        let time = TestTime()
        try await run(options(time), handler: handler) { try await body($0, time) }
    }

    static func unixPath() -> String {
        "/tmp/microhttp-\(getpid())-\(UInt32.random(in: 0...(.max))).sock"
    }

    static func run<Result: Sendable>(
        _ options: HTTPServerOptions = options,
        handler: @escaping RequestHandler,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = HTTPServer(options: options, handler: handler, logger: logger)
        let addresses = try server.bind()
        let group = ServiceGroup(services: [server], logger: logger)
        let running = TestServer(addresses: addresses, group: group, server: server)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let outcome: Swift.Result<Result, any Error>
            do {
                outcome = .success(try await body(running))
            } catch {
                outcome = .failure(error)
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return try outcome.get()
        }
    }
}

/// A time that stands still until a test moves it.
final class TestTime: Sendable {
    private let instant = Locked(ContinuousClock.now)

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(by duration: Duration) {
        instant.withLock { $0 += duration }
    }
}

/// Something that happens once, or has happened.
final class Signal: Sendable {
    private let state = Locked<(Bool, [CheckedContinuation<Void, Never>])>((false, []))

    var isSet: Bool { state.withLock { $0.0 } }

    func set() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.1
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isSet = state.withLock { state in
                if !state.0 { state.1.append(continuation) }
                return state.0
            }
            if isSet { continuation.resume() }
        }
    }
}

/// Handlers that tests share.
enum Handlers {
    /// The method, the raw target and the body's length; `/early` answers without reading.
    static let echo: RequestHandler = { request in
        if request.target.path == "/early" { return Response(status: .forbidden, body: .text("early")) }
        var count = 0
        do {
            for try await chunk in request.body { count += chunk.count }
        } catch {
            return Response(status: .badRequest, body: .text("\(error)"))
        }
        return Response(status: .ok, body: .text("\(request.method.rawValue) \(request.target.raw) \(count)"))
    }
}
