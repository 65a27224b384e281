package import Logging
import ServiceLifecycle
import Threading

/// An HTTP/1.1 server on libmicrohttpd whose handlers are asynchronous functions.
///
/// It knows nothing of what they do.
///
/// `bind`, then `run`; both at most once.
package final class HTTPServer: Service {
    private enum Phase: Sendable {
        case new
        case bound([Listener])
        case running
    }

    /// How long a handler whose client was cut off may take to notice, and the library to close what was cut.
    private static let cleanUpTime = Duration.seconds(5)
    private static let stopping = BlockingThreads(name: "http-stop", count: 1)

    let core: ServerCore
    private let phase = Locked(Phase.new)
    /// While the server runs.
    private let probe = Locked<WorkerProbe?>(nil)

    /// Whether one of its addresses is for TLS.
    package var speaksTLS: Bool { core.options.listen.contains(where: \.isTLS) }
    /// Body bytes queued at the moment, and the most that ever were.
    package var budgetUsage: (used: Int, peak: Int) { core.budget.usage }

    /// Brings the gauges of queued body bytes up to date: call it before metrics are read.
    package func recordUsage() {
        core.metrics.buffered(core.budget.usage)
    }

    /// Takes over the limits, times and trusted proxies of `options`, and the handler, for connections and requests to
    /// come; requests under way keep theirs.
    package func adopt(_ options: HTTPServerOptions, handler: @escaping RequestHandler) {
        core.adopt(options, handler: handler)
    }

    /// Returns once each thread that accepts, watches or serves connections has taken a piece of work that was given to it
    /// now; at once while the server does not run.
    package func answer() async {
        await probe.withLock { $0 }?.answer()
    }

    package init(options: HTTPServerOptions, handler: @escaping RequestHandler, logger: Logger) {
        core = ServerCore(options: options, handler: handler, logger: logger)
    }

    /// Opens the listening sockets, so that clients can connect (they are served once `run` is called), and says where
    /// they are, in the order of the options.
    @discardableResult
    package func bind() throws(HTTPServerError) -> [BoundAddress] {
        try phase.withLock { phase throws(HTTPServerError) in
            guard case .new = phase else { throw HTTPServerError(.bindFailed, "The server is bound already.") }
            var listeners: [Listener] = []
            do throws(HTTPServerError) {
                for address in core.options.listen { listeners.append(try Listener(address)) }
            } catch {
                for listener in listeners { listener.close() }
                throw error
            }
            phase = .bound(listeners)
            return listeners.map(\.bound)
        }
    }

    /// Serves until a graceful shutdown, then until no connection is left or `shutdownTimeout` is over.
    package func run() async throws {
        let listeners = try begin()
        let daemons: LibraryDaemons
        let watcher: Watcher
        let acceptor: Acceptor
        do throws(HTTPServerError) {
            daemons = try LibraryDaemons(core, for: listeners)
            watcher = try Watcher(core: core, daemons: daemons)
            acceptor = try Acceptor(listeners, daemons: daemons, core: core, watcher: watcher)
            try watcher.start()
            try acceptor.start()
        } catch {
            for listener in listeners { listener.close() }
            throw error
        }
        probe.withLock { $0 = WorkerProbe(daemons, [acceptor.attendance, watcher.attendance]) }
        core.logger.debug("serving", metadata: ["addresses": "\(listeners.map(\.bound))"])
        // Cancelled rather than told to shut down: the same, without any time for requests in flight.
        let isGraceful = (try? await gracefulShutdown()) != nil
        core.drain()
        acceptor.drain()
        watcher.drain()
        // Cancellation of the caller must not cut the clean-up short.
        await Task { await finish(acceptor, watcher, daemons, isGraceful: isGraceful) }.value
    }

    private func begin() throws -> [Listener] {
        if case .new = phase.withLock({ $0 }) { try bind() }
        return try phase.withLock { phase throws(HTTPServerError) in
            guard case .bound(let listeners) = phase else {
                throw HTTPServerError(.startFailed, "The server runs already.")
            }
            phase = .running
            return listeners
        }
    }

    private func finish(_ acceptor: Acceptor, _ watcher: Watcher, _ daemons: LibraryDaemons, isGraceful: Bool) async {
        let connections = core.connections
        let deadline = ContinuousClock.now + (isGraceful ? core.options.shutdownTimeout : .zero)
        // Those that come to be refused do not put the end off.
        _ = await connections.served.waitForZero(until: deadline)
        acceptor.stop()
        _ = await acceptor.running.waitForZero(until: .now + Self.cleanUpTime)
        // It may have been accepting one more when the stop came.
        let isEmpty = await connections.served.waitForZero(until: deadline)
        if isEmpty, isGraceful {
            // The last of them are told what they came for.
            _ = await connections.tally.waitForZero(until: .now + min(core.options.idleGrace, Self.cleanUpTime))
        }
        if !isEmpty {
            core.logger.notice("cutting requests off", metadata: ["connections": "\(connections.served.count)"])
        }
        for connection in connections.all {
            if case .exchange(let exchange) = connection.phase { exchange.fail(.shuttingDown) }
            connection.shutDown()
        }
        let isClosed = await connections.tally.waitForZero(until: .now + Self.cleanUpTime)
        watcher.stop()
        _ = await watcher.running.waitForZero(until: .now + Self.cleanUpTime)
        probe.withLock { $0 }?.close()
        if isClosed {
            await Self.stopping.run { daemons.stop() }
        } else {
            // The library aborts when it is stopped with a suspended connection; the process is about to end anyway.
            core.logger.error("connections did not close", metadata: ["connections": "\(connections.tally.count)"])
        }
        if !(await core.handlers.waitForZero(until: .now + Self.cleanUpTime)) {
            core.logger.warning("handlers still run", metadata: ["handlers": "\(core.handlers.count)"])
        }
        core.logger.notice("stopped")
    }
}
