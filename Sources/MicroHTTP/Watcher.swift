import CLinux
import Glibc
import Synchronization
import SystemPackage
import Threading

/// Watches connections for what the library does not see, on a thread of its own: peers that vanish, deadlines.
final class Watcher: Sendable {
    /// Below this many connections no worker can have 128 events at once.
    private static let heartbeatThreshold = 100
    /// How long a refused connection may take to make the request that is answered with the reason.
    private static let refusalTime = Duration.seconds(10)

    private struct State {
        var isStopping = false
        var drainingSince: ContinuousClock.Instant?
    }

    private let core: ServerCore
    private let daemons: LibraryDaemons
    private let poll: Int32
    private let wake: Int32
    private let state = Locked(State())
    /// 1 until the thread has ended.
    let running = Tally()
    let attendance: Attendance

    init(core: ServerCore, daemons: LibraryDaemons) throws(HTTPServerError) {
        self.core = core
        self.daemons = daemons
        poll = clinux_poll_open()
        wake = clinux_wake_open()
        attendance = Attendance(wake: wake)
        guard poll >= 0, wake >= 0 else {
            throw HTTPServerError(.startFailed, "No descriptor is left.", cause: Errno(rawValue: errno))
        }
    }

    func start() throws(HTTPServerError) {
        running.enter()
        do throws(HTTPServerError) {
            try ServiceThread.run("http-watch") { [self] in
                run()
                running.leave()
            }
        } catch {
            running.leave()
            throw error
        }
    }

    /// Before the library has the descriptor; closing it ends the watch.
    func watch(_ connection: Connection) {
        let what = UInt32(clinux_half_closed | clinux_edge)
        let token = UInt64(connection.generation) << 32 | UInt64(connection.descriptor)
        _ = clinux_poll_add(poll, connection.descriptor, what, token)
        // The first connection ends the long wait.
        if core.connections.tally.count == 1 { clinux_wake(wake) }
    }

    /// From now on connections without a request are ended after the grace; one whose first has begun to come in has its
    /// time.
    func drain() {
        state.withLock { $0.drainingSince = core.now }
        clinux_wake(wake)
    }

    func stop() {
        state.withLock { $0.isStopping = true }
        clinux_wake(wake)
    }

    private func run() {
        _ = clinux_poll_add(poll, wake, UInt32(clinux_readable), 0)
        var heartbeats = daemons.all.map(Heartbeat.init)
        var crowd = Crowd()
        var next = ContinuousClock.now
        while !state.withLock({ $0.isStopping }) {
            let isIdle = core.connections.tally.count == 0
            for event in wait(isIdle ? 1000 : max(0, (next - .now).milliseconds + 1)) { handle(event) }
            attendance.turn()
            guard .now >= next else { continue }
            next = .now + core.options.watchInterval
            sweep(core.now)
            core.sweeps.wrappingAdd(1, ordering: .releasing)
            if core.connections.tally.count >= Self.heartbeatThreshold {
                for index in heartbeats.indices { heartbeats[index].beat() }
            }
            if crowd.hasLeft(connections: core.connections.tally.count) { clinux_release_memory() }
        }
        for index in heartbeats.indices { heartbeats[index].stop() }
        attendance.end()
        _ = close(poll)
        _ = close(wake)
    }

    private func wait(_ milliseconds: Int64) -> [clinux_event] {
        withUnsafeTemporaryAllocation(of: clinux_event.self, capacity: 64) { events in
            let count = clinux_poll_wait(poll, events.baseAddress, events.count, Int32(clamping: milliseconds))
            return Array(events.prefix(max(0, Int(count))))
        }
    }

    private func handle(_ event: clinux_event) {
        guard event.token != 0 else {
            clinux_wake_clear(wake)
            return
        }
        let descriptor = Int32(truncatingIfNeeded: event.token & 0xFFFF_FFFF)
        let generation = UInt32(truncatingIfNeeded: event.token >> 32)
        guard let connection = core.connections.find(descriptor), connection.generation == generation else { return }
        connection.halfClosed()
        if event.what & UInt32(clinux_broken) != 0, case .exchange(let exchange) = connection.phase {
            exchange.peerVanished()
        }
    }

    private func sweep(_ now: ContinuousClock.Instant) {
        let options = core.options
        let drainingSince = state.withLock { $0.drainingSince }
        let isGraceOver = drainingSince.map { now - $0 >= options.idleGrace } ?? false
        let connections = core.connections.all
        core.metrics.opened(connections.count)
        for connection in connections {
            switch connection.phase {
            case .exchange(let exchange):
                exchange.tick(now)
            case .header(let since):
                // Who comes meanwhile to be refused has the grace, too; whose first request has begun to come in has its time.
                let isGraceOver =
                    isGraceOver
                    && (connection.refusal == nil
                        ? !connection.hasBegunItsFirstRequest : now - since >= options.idleGrace)
                if isGraceOver || Self.isOver(Self.headerTimeout(for: connection, options), since: since, now) {
                    end(connection)
                } else if connection.isHalfClosed {
                    connection.wakeForEnd()
                }
            case .idle(let since):
                if isGraceOver || Self.isOver(options.idleTimeout, since: since, now) {
                    end(connection)
                } else if connection.isHalfClosed {
                    connection.wakeForEnd()
                } else if options.headerTimeout > .zero {
                    connection.lookForRequest(every: min(.seconds(1), options.headerTimeout / 8), at: now)
                }
            }
        }
    }

    /// One that is refused holds one of few places, whatever time others have.
    private static func headerTimeout(for connection: Connection, _ options: HTTPServerOptions) -> Duration {
        guard connection.refusal != nil else { return options.headerTimeout }
        return options.headerTimeout > .zero ? min(options.headerTimeout, refusalTime) : refusalTime
    }

    private static func isOver(_ limit: Duration, since: ContinuousClock.Instant, _ now: ContinuousClock.Instant)
        -> Bool
    {
        limit > .zero && now - since > limit
    }

    private func end(_ connection: Connection) {
        if connection.isStarted {
            connection.shutDown()
        } else {
            // The library closes a connection it cannot start without a word. Its number may be another's by now.
            core.connections.remove(connection)
        }
    }
}
