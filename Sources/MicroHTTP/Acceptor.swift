import CLinux
import Glibc
import Logging
import SystemPackage
import Threading

/// Accepts connections, on a thread of its own, and hands them to the library or turns them away.
final class Acceptor: Sendable {
    private enum Order: Sendable {
        case serve
        /// Own sockets turn away, inherited ones are left to their next owner.
        case drain
        case stop
    }

    private enum Accepted {
        case one
        case none
        /// No descriptor or memory left, or an error that will not go away by trying again at once.
        case failed(Errno)
    }

    private static let pause = Duration.milliseconds(50)

    private let listeners: [Listener]
    private let daemons: LibraryDaemons
    private let core: ServerCore
    private let watcher: Watcher
    private let wake: Int32
    private let poll: Int32
    private let order = Locked(Order.serve)
    /// 1 until the thread has ended.
    let running = Tally()
    let attendance: Attendance

    init(_ listeners: [Listener], daemons: LibraryDaemons, core: ServerCore, watcher: Watcher) throws(HTTPServerError) {
        self.listeners = listeners
        self.daemons = daemons
        self.core = core
        self.watcher = watcher
        wake = clinux_wake_open()
        poll = clinux_poll_open()
        attendance = Attendance(wake: wake)
        guard wake >= 0, poll >= 0 else {
            throw HTTPServerError(.startFailed, "No descriptor is left.", cause: Errno(rawValue: errno))
        }
    }

    func start() throws(HTTPServerError) {
        running.enter()
        do throws(HTTPServerError) {
            try ServiceThread.run("http-accept") { [self] in
                run()
                running.leave()
            }
        } catch {
            running.leave()
            throw error
        }
    }

    func drain() {
        order.withLock { $0 = .drain }
        clinux_wake(wake)
    }

    /// Closes the listening sockets and ends the thread.
    func stop() {
        order.withLock { $0 = .stop }
        clinux_wake(wake)
    }

    private func run() {
        var turnedAway = TurnedAway(poll: poll)
        var spares = SpareDescriptors()
        // One warning for as long as it lasts.
        var isFailing = false
        var listening = Set(listeners.map(\.descriptor))
        var pausedUntil: ContinuousClock.Instant?
        watch(wake)
        for listener in listeners { watch(listener.descriptor) }
        while true {
            let milliseconds: Int32 = pausedUntil != nil ? 50 : turnedAway.isEmpty ? -1 : 250
            let ready = wait(milliseconds)
            if ready.contains(wake) { clinux_wake_clear(wake) }
            attendance.turn()
            let order = order.withLock { $0 }
            if order == .stop { break }
            if order == .drain { leaveInherited(&listening) }
            if let until = pausedUntil, until <= .now {
                pausedUntil = nil
                for descriptor in listening { watch(descriptor) }
            }
            for descriptor in ready where descriptor != wake {
                guard let listener = listeners.first(where: { $0.descriptor == descriptor }) else {
                    turnedAway.readable(descriptor)
                    continue
                }
                guard listening.contains(descriptor), pausedUntil == nil else { continue }
                if !accept(listener, &turnedAway, &spares, &isFailing) {
                    // The sockets stay readable: do not spin while nothing can be done about it.
                    for descriptor in listening { _ = clinux_poll_remove(poll, descriptor) }
                    pausedUntil = .now + Self.pause
                }
            }
            turnedAway.sweep()
        }
        attendance.end()
        turnedAway.dropAll()
        for listener in listeners { listener.close() }
        spares.closeAll()
        _ = close(poll)
        _ = close(wake)
    }

    private func watch(_ descriptor: Int32) {
        _ = clinux_poll_add(poll, descriptor, UInt32(clinux_readable), UInt64(descriptor))
    }

    private func wait(_ milliseconds: Int32) -> [Int32] {
        withUnsafeTemporaryAllocation(of: clinux_event.self, capacity: 64) { events in
            let count = clinux_poll_wait(poll, events.baseAddress, events.count, milliseconds)
            return events.prefix(max(0, Int(count))).map { Int32(truncatingIfNeeded: $0.token) }
        }
    }

    private func leaveInherited(_ listening: inout Set<Int32>) {
        for listener in listeners where listener.isInherited && listening.contains(listener.descriptor) {
            _ = clinux_poll_remove(poll, listener.descriptor)
            listening.remove(listener.descriptor)
        }
    }

    /// Accepts a bounded number of connections; false when trying again at once would be in vain.
    private func accept(
        _ listener: Listener,
        _ turnedAway: inout TurnedAway,
        _ spares: inout SpareDescriptors,
        _ isFailing: inout Bool
    ) -> Bool {
        for _ in 0..<64 {
            // What waits in an inherited socket is its next owner's from now on.
            if core.isDraining, listener.isInherited { return true }
            switch acceptOne(listener, &turnedAway) {
            case .one:
                isFailing = false
            case .none:
                return true
            case .failed(let cause):
                core.metrics.refused("descriptors")
                if !isFailing { core.logger.warning("connections cannot be accepted", metadata: ["error": "\(cause)"]) }
                isFailing = true
                answer(listener, with: &spares)
                return false
            }
        }
        return true
    }

    /// Gives descriptors up for a moment, to answer those who wait rather than leave them waiting.
    private func answer(_ listener: Listener, with spares: inout SpareDescriptors) {
        defer { spares.refill() }
        guard spares.giveUp() else { return }
        for _ in 0..<16 {
            var address = clinux_address()
            let descriptor = clinux_accept(listener.descriptor, &address)
            guard descriptor >= 0 else {
                // Somebody else was faster, or nobody waits any more.
                guard errno == EMFILE, spares.giveUp() else { return }
                continue
            }
            if listener.isTLS { _ = close(descriptor) } else { TurnedAway.answerAndClose(descriptor, .noDescriptor) }
        }
    }

    private func acceptOne(_ listener: Listener, _ turnedAway: inout TurnedAway) -> Accepted {
        var address = clinux_address()
        let descriptor = clinux_accept(listener.descriptor, &address)
        guard descriptor >= 0 else {
            let error = Errno(rawValue: errno)
            switch error {
            case .wouldBlock: return .none
            // accept(2): the connection is gone or not permitted, the next may be well.
            case .connectionAbort, .interrupted, .protocolError, .notPermitted, .networkDown, .networkUnreachable,
                .hostIsDown, .noRouteToHost, .protocolNotAvailable:
                return .one
            default: return .failed(error)
            }
        }
        let newcomer = ConnectionTable.Newcomer(
            descriptor: descriptor,
            peer: PeerAddress(address),
            local: listener.bound,
            isTLS: listener.isTLS,
            time: core.now,
            comesByInherited: listener.isInherited
        )
        do throws(Problem) {
            if core.isDraining, !listener.isInherited { throw .draining }
            serve(try core.connections.admit(newcomer), address, on: listener)
        } catch {
            core.metrics.refused(error.rule)
            if !listener.isTLS {
                turnedAway.add(descriptor, error)
            } else if let connection = core.connections.admit(newcomer, refusing: error) {
                serve(connection, address, on: listener)
            } else {
                _ = close(descriptor)
            }
        }
        return .one
    }

    private func serve(_ connection: Connection, _ address: clinux_address, on listener: Listener) {
        clinux_tune_connection(connection.descriptor, UInt32(clamping: core.options.downloadStall.milliseconds))
        watcher.watch(connection)
        guard daemons.serving(listener)?.add(connection.descriptor, address) != true else { return }
        core.connections.remove(connection)
    }
}

extension Duration {
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
