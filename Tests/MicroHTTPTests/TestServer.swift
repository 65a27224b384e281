import Glibc
import HTTPTypes
import Logging
import MicroHTTP
import ServiceLifecycle
import SystemPackage
import Threading

/// A server on a port of its own for the time of a test.
struct TestServer: Sendable {
    let address: BoundAddress
    let group: ServiceGroup
    let server: HTTPServer

    func connect() async throws -> RawClient {
        try await RawClient.connect(address)
    }

    /// Tells the server to shut down; it goes on until its connections are done.
    func shutDown() async {
        await group.triggerGracefulShutdown()
    }

    static var options: HTTPServerOptions {
        var options = HTTPServerOptions(processors: 2)
        options.listen = [.tcp(host: "127.0.0.1", port: 0)]
        options.idleGrace = .milliseconds(100)
        // A busy machine must not fail tests that are not about time.
        options.headerTimeout = .seconds(50)
        options.minRateGrace = .seconds(50)
        options.shutdownTimeout = .seconds(5)
        return options
    }

    static func run<Result: Sendable>(
        _ options: HTTPServerOptions = options,
        handler: @escaping RequestHandler,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = HTTPServer(options: options, handler: handler, logger: logger)
        guard let address = try server.bind().first else { throw Errno.badAddress }
        let group = ServiceGroup(services: [server], logger: logger)
        let running = TestServer(address: address, group: group, server: server)
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
