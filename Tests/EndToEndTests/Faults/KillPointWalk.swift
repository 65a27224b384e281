import IngestTesting
import Testing

/// One request under names of its own, made of a daemon that is killed before one of its system calls.
protocol KillPointAttempt {
    /// Kills before the `point`th call that changes files; 0: lists them, and kills nothing.
    mutating func run(on daemon: DaemonProcess, killingBefore point: Int) async throws -> KillPointOutcome
    /// What must hold afterwards, with the same daemon or, if that was killed, with the next.
    mutating func audit(_ daemon: DaemonProcess, isAcknowledged: Bool, _ place: Comment) async throws
}

struct KillPointOutcome {
    var isAcknowledged: Bool
    /// Where they were to be listed.
    var calls: [String]
    /// The call that the daemon did not live to make.
    var killedBefore: String?
}

extension KillPointAttempt {
    /// Lets `send` meet the trap, which gives the answer's status.
    func trapped(
        on daemon: DaemonProcess,
        before point: Int,
        _ send: () async throws -> Int
    ) async throws -> KillPointOutcome {
        try await daemon.settleJobs()
        let trap = try await SystemCallTrap.set(at: point, in: daemon)
        var isAcknowledged = false
        do {
            let status = try await send()
            isAcknowledged = (200..<300).contains(status)
            #expect(isAcknowledged, "\(self): \(status)")
            // What comes after the answer belongs to it.
            try await daemon.settleJobs()
        } catch is LoopbackError {
            // The daemon is dead.
        }
        let (calls, killedBefore) = try await trap.end()
        return KillPointOutcome(isAcknowledged: isAcknowledged, calls: calls, killedBefore: killedBefore)
    }
}

/// Kills the daemon before each call of a request, or before some of them.
struct KillPointWalk {
    let title: String
    /// About how many of its calls a bounded run tries, and half as many of the ledger's writes.
    let share: Int
    let daemon: DaemonProcess

    /// The daemon that is left at the end, and how many died.
    func run(_ makeAttempt: (Int) -> any KillPointAttempt) async throws -> (daemon: DaemonProcess, kills: Int) {
        var daemon = self.daemon
        // The first request of a process makes calls that later ones do not.
        var first = makeAttempt(0)
        _ = try await first.run(on: daemon, killingBefore: 0)
        var second = makeAttempt(1)
        let calls = try await second.run(on: daemon, killingBefore: 0).calls
        #expect(calls.count > 3, "\(title): \(calls)")
        var killed: [String: Int] = [:]
        for point in points(calls) {
            var attempt = makeAttempt(point + 1)
            let outcome = try await attempt.run(on: daemon, killingBefore: point)
            if let call = outcome.killedBefore {
                killed[call, default: 0] += 1
                await daemon.waitForExit()
                daemon = try await daemon.restart()
            }
            let place = "\(title), point \(point) of \(calls.count): \(outcome.killedBefore ?? "not reached")"
            try await attempt.audit(daemon, isAcknowledged: outcome.isAcknowledged, Comment(rawValue: place))
        }
        print("\(title): \(calls.count) calls that change files, killed before \(killed.sorted { $0.key < $1.key })")
        return (daemon, killed.values.reduce(0, +))
    }

    /// The numbers of the calls to try; most of these are the ledger's writes, of which a bounded run tries fewer.
    ///
    /// The order of the calls differs a little between two runs, and so does their number: all are more than were seen.
    private func points(_ calls: [String]) -> [Int] {
        guard FaultScale.current == .usual else { return Array(1...(calls.count + calls.count / 8)) }
        let numbered = calls.enumerated().map { (number: $0 + 1, call: $1) }
        let writes = numbered.filter { $0.call == "pwrite64" }.map(\.number)
        let others = numbered.filter { $0.call != "pwrite64" }.map(\.number)
        return
            (FaultScale.current.some(of: others, about: share)
            + FaultScale.current.some(of: writes, about: max(1, share / 2))).sorted()
    }
}
