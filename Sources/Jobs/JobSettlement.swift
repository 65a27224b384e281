import Ingest
import Logging
import SystemPackage

/// Reports how a run went: puts outputs in place and ends the run in the ledger, as far as the claim still stands.
///
/// Never cancelled: what it begins it ends.
struct JobSettlement: Sendable {
    enum Result: Sendable, Equatable {
        case ended(JobEnd)
        /// The job was cancelled, its file replaced or deleted meanwhile: nothing of the run is kept.
        case lost
        /// The ledger refused until the daemon was told to stop; the next start finds the job `running` and rescues it.
        case unreported
    }

    private struct GaveUp: Error {}

    let claim: JobClaim
    let policy: RetryPolicy
    let ports: JobPorts
    let logger: Logger
    let isStopping: @Sendable () -> Bool

    /// Tries of one call to the ledger once the daemon is to stop.
    private static let lastTries = 3

    func settle(_ end: JobAttempt.End) async -> Result {
        do {
            switch end {
            case .outcome(.done(let result, let outputs, let obsolete, let digests))
            where outputs.isEmpty && obsolete.isEmpty:
                return try await finish(.done(result: result, digests: digests))
            case .outcome(.refused(let reason, let obsolete)) where obsolete.isEmpty:
                return try await finish(.dead(error: reason, helperDied: false))
            case .outcome(let outcome):
                return try await apply(outcome)
            case .failure(let failure):
                return try await finish(after: failure)
            case .withdrawn(let reason):
                return try await finish(.cancelled(reason: reason))
            case .interrupted:
                return try await finish(
                    .retry(
                        error: "The daemon was stopped.",
                        runAt: ports.wallClock.now(),
                        countsAttempt: false,
                        helperDied: false
                    )
                )
            }
        } catch {
            return .unreported
        }
    }

    /// What reaches beyond the job's own row happens under the path's lock, once the claim is seen to stand.
    private func apply(_ outcome: TaskOutcome) async throws -> Result {
        guard let file = claim.file else {
            return try await finish(after: TaskFailure(.permanent, "A periodic task has no outputs."))
        }
        return try await ports.locks.withLock(file.path) {
            guard try await persist({ try await ports.queue.holds(claim) }) else { return .lost }
            switch outcome {
            case .done(let result, let outputs, let obsolete, let digests):
                return try await settle(.done(result: result, digests: digests), outputs, obsolete, of: file)
            case .refused(let reason, let obsolete):
                return try await settle(.dead(error: reason, helperDied: false), [], obsolete, of: file)
            case .corrupt(let reason):
                try await persist { try await ports.ledger.markCorrupt(file.id) }
                ports.metrics.foundCorruptFile()
                logger.critical("file is corrupt", metadata: ["error": "\(reason)"])
                return try await finish(.dead(error: reason, helperDied: false))
            }
        }
    }

    /// Puts outputs in place, removes what is obsolete, and ends the job.
    private func settle(
        _ end: JobEnd,
        _ outputs: [TaskOutput],
        _ obsolete: [FilePath],
        of file: FileRecord
    ) async throws -> Result {
        // A file that others took is still worked on; its path may be another generation's by now.
        let holder = try await persist { try await ports.ledger.file(at: file.path) }
        guard holder == nil || holder?.id == file.id else {
            return try await finish(.cancelled(reason: "The file was replaced."))
        }
        do {
            try await ports.placement.place(outputs)
            try await ports.placement.remove(obsolete)
        } catch {
            logger.warning("outputs not put in place", metadata: ["error": "\(error)"])
            return try await finish(after: Self.failure(toPlace: error))
        }
        let settled = try await finish(end)
        if settled == .lost {
            try await withdraw(outputs, of: file)
        }
        return settled
    }

    /// The claim was lost between the look and the commit.
    ///
    /// Outputs are named by path: they stay if they are right for the generation that had the path last.
    private func withdraw(_ outputs: [TaskOutput], of file: FileRecord) async throws {
        switch try await persist({ try await ports.ledger.file(file.id)?.state }) {
        case .published, .corrupt, .gone: return
        default: break
        }
        do {
            try await ports.placement.remove(outputs.map(\.destination))
        } catch {
            logger.warning("outputs of a lost claim not removed", metadata: ["error": "\(error)"])
        }
    }

    private static func failure(toPlace error: any Error) -> TaskFailure {
        switch error as? Errno {
        case .isDirectory?, .notDirectory?, .directoryNotEmpty?, .fileExists?:
            TaskFailure(.permanent, "Another file's output is in the way of this one's.")
        case .improperLink?:
            TaskFailure(.permanent, "Outputs must go to the filesystem of the state directory.")
        case let errno?:
            TaskFailure(.transient, "The output could not be put in place: \(errno).")
        case nil:
            TaskFailure(error)
        }
    }

    private func finish(after failure: TaskFailure) async throws -> Result {
        let now = ports.wallClock.now()
        return try await finish(JobEnd(failure, of: claim.job, policy: policy, now: now))
    }

    private func finish(_ end: JobEnd) async throws -> Result {
        try await persist { try await ports.queue.finish(claim, end) } ? .ended(end) : .lost
    }

    /// Tries a call to the ledger until it succeeds, and while the daemon lives.
    private func persist<Value: Sendable>(_ call: () async throws -> Value) async throws(GaveUp) -> Value {
        var backoff = Backoff(RetryPolicy(base: .milliseconds(100), cap: .seconds(5)))
        while true {
            do {
                return try await call()
            } catch {
                logger.error("end of job not recorded", metadata: ["error": "\(error)"])
            }
            let wait = backoff.next()
            guard !isStopping() || backoff.failures < Self.lastTries else { throw GaveUp() }
            do { try await ports.clock.sleep(for: wait) } catch { throw GaveUp() }
        }
    }
}
