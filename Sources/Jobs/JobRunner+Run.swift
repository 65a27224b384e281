import Ingest
import Logging
import Threading

extension JobRunner {
    /// One claim from start to report.
    func run(_ claim: JobClaim) async {
        let job = claim.job
        if let task = catalog.task(job.kind) {
            countRuns(of: job.kind, changedBy: 1)
            await run(claim, as: task)
            countRuns(of: job.kind, changedBy: -1)
        }
        slots.giveBack(job.kind)
        attention.raise()
    }

    /// Recorded under the lock, so that the last value recorded is the last one counted.
    private func countRuns(of kind: JobKind, changedBy change: Int) {
        state.withLock { state in
            state.runs[kind, default: 0] += change
            ports.metrics.running(kind, count: state.runs[kind, default: 0])
        }
    }

    private func run(_ claim: JobClaim, as task: any PostProcessingTask) async {
        let job = claim.job
        let logger = logger(of: claim)
        ports.metrics.started(job, at: ports.wallClock.now())
        let began = ContinuousClock.now
        let scratch = ports.scratch.scratch(named: "job-\(job.id.rawValue)-\(claim.token)")
        let abandonment = WakeSignal()
        state.withLock { $0.abandonments[job.id] = abandonment }
        let attempt = JobAttempt(
            claim: claim,
            task: task,
            ports: ports,
            scratch: scratch,
            logger: logger,
            abandonment: abandonment
        )
        let end = await attempt.run()
        state.withLock { state in
            if state.abandonments[job.id] === abandonment {
                state.abandonments[job.id] = nil
            }
        }
        let settlement = JobSettlement(
            claim: claim,
            policy: task.retryPolicy,
            ports: ports,
            logger: logger,
            isStopping: { [self] in state.withLock { $0.isStopping } }
        )
        // A task of its own, because a cancelled one could not talk to the ledger any more.
        await Task {
            let result = await settlement.settle(end)
            if let failure = await scratch.remove() {
                logger.warning("scratch files not removed", metadata: ["error": "\(failure)"])
            }
            record(
                result,
                of: job,
                interrupted: end == .interrupted,
                after: ContinuousClock.now - began,
                logger: logger
            )
            if await isOver(job, after: result) {
                await announceEnd(of: job, logger: logger)
            }
        }.value
    }

    /// Whether the job ended for good; the queue may have decided so instead of another run.
    private func isOver(_ job: Job, after result: JobSettlement.Result) async -> Bool {
        switch result {
        case .ended(.done), .ended(.dead), .ended(.cancelled), .lost:
            return true
        case .unreported:
            return false
        case .ended(.retry):
            do {
                return try await ports.queue.job(job.id)?.state.isFinal ?? true
            } catch {
                // Those who wait look at the ledger themselves in the end.
                return false
            }
        }
    }

    /// Wakes those who wait for the job, and lets go of its file if this was the last job to need it.
    func announceEnd(of job: Job, logger: Logger) async {
        ports.ends.ended(job.id)
        guard let file = job.file, ports.files.isHeld(file) else { return }
        do {
            let jobs = try await ports.queue.jobs(of: [file])[file] ?? []
            if jobs.allSatisfy(\.state.isFinal) {
                ports.files.releaseHeld(file)
            }
        } catch {
            logger.warning("held file not released", metadata: ["error": "\(error)"])
        }
    }
}
