package import Ingest
package import Logging
import ServiceLifecycle
import Threading

/// Takes jobs from the queue and runs them, within the limits of each kind and of all.
///
/// At a graceful stop it claims no more; what runs may end until the drain timeout, then it is cancelled and handed back
/// without costing an attempt.
package final class JobRunner: Service {
    struct State {
        var isStopping = false
        var abandonments: [JobID: WakeSignal] = [:]
        var runs: [JobKind: Int] = [:]
        /// Those who wait for the loop to come round.
        var askers: [CheckedContinuation<Void, Never>] = []
    }

    let catalog: TaskCatalog
    let ports: JobPorts
    private let options: JobOptions
    let logger: Logger
    let slots: WorkerSlots
    let attention = WakeSignal()
    let state = Locked(State())

    package init(_ catalog: TaskCatalog, ports: JobPorts, options: JobOptions, logger: Logger) {
        self.catalog = catalog
        self.ports = ports
        self.options = options
        self.logger = logger
        slots = WorkerSlots(workers: options.workers, tasks: catalog.tasks)
    }

    /// There may be jobs to run.
    ///
    /// Safe from any thread, and cheap.
    package func wake() {
        attention.raise()
    }

    /// Called after the ledger cancelled a job for a client: a run in progress is cancelled too.
    package func jobWasCancelled(_ job: Job) async {
        state.withLock { $0.abandonments[job.id] }?.raise()
        await announceEnd(of: job, logger: logger)
    }

    /// Hands back what a dead daemon left running, then runs jobs until the service is stopped.
    package func run() async throws {
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                await rescue()
                await dispatch(into: &group)
                state.withLock { $0.isStopping = true }
                cameRound()
                await drain()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            self.state.withLock { $0.isStopping = true }
            self.attention.raise()
        }
    }

    private var isStopping: Bool { Task.isCancelled || state.withLock { $0.isStopping } }

    private func rescue() async {
        var backoff = Backoff(.ledger)
        while !isStopping {
            do {
                let count = try await ports.queue.rescueRunningJobs()
                ports.metrics.rescued(count)
                if count > 0 {
                    logger.notice("jobs rescued", metadata: ["jobs.count": "\(count)"])
                }
                return
            } catch {
                logger.error("jobs not rescued", metadata: ["error": "\(error)"])
                await pause(backoff.next())
            }
        }
    }

    private func dispatch(into group: inout DiscardingTaskGroup) async {
        var backoff = Backoff(.ledger)
        var isSecondLook = false
        while !isStopping {
            do {
                let capacity = slots.capacity
                let claims = capacity.isEmpty ? [] : try await ports.queue.claim(capacity: capacity)
                cameRound()
                for claim in claims {
                    slots.take(claim.job.kind)
                    group.addTask { await self.run(claim) }
                }
                if !claims.isEmpty {
                    isSecondLook = false
                }
                if claims.isEmpty || claims.count < capacity.total {
                    let wait = try await timeToNextLook(isSecondLook: isSecondLook)
                    isSecondLook = wait == .zero
                    if wait > .zero {
                        await attention.wait(atMost: wait, on: ports.clock)
                    }
                }
                backoff.reset()
            } catch {
                logger.warning("no jobs claimed", metadata: ["error": "\(error)"])
                await pause(backoff.next())
            }
        }
    }

    /// Zero: at once, because a job became due after the claim.
    ///
    /// Only once: a due job that cannot be claimed, a rescued one behind others for instance, must not make us spin.
    private func timeToNextLook(isSecondLook: Bool) async throws -> Duration {
        let kinds = slots.free
        guard !kinds.isEmpty, let due = try await ports.queue.nextDue(kinds: kinds) else { return options.pollInterval }
        let wait = Duration.milliseconds(due.milliseconds - ports.wallClock.now().milliseconds)
        if wait > .zero {
            return min(wait, options.pollInterval)
        }
        return isSecondLook ? min(.seconds(1), options.pollInterval) : .zero
    }

    /// A wait that only a stop cuts short: it must last although jobs are announced.
    private func pause(_ time: Duration) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [clock = ports.clock] in
                do { try await clock.sleep(for: time) } catch {}
                return true
            }
            group.addTask { [attention] in
                while await attention.wait() {
                    self.cameRound()
                    if self.isStopping {
                        return true
                    }
                }
                return false
            }
            _ = await group.next()
            group.cancelAll()
        }
        attention.raise()
    }

    private func drain() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [attention, slots] in
                while slots.taken > 0 {
                    guard await attention.wait() else { return }
                }
            }
            group.addTask { [clock = ports.clock, options] in
                do { try await clock.sleep(for: options.drainTimeout) } catch {}
            }
            await group.next()
            group.cancelAll()
        }
    }
}

extension RetryPolicy {
    /// For the ledger, which is a local file: out of order for a moment, or for good.
    fileprivate static let ledger = Self(base: .milliseconds(100), cap: .seconds(30))
}
