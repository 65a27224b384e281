import Ingest
import Logging
import SystemPackage
import Threading

/// One run of a job, from its file being opened to the task's end; reports nothing.
struct JobAttempt: Sendable {
    /// How the run went.
    enum End: Sendable, Equatable {
        case outcome(TaskOutcome)
        case failure(TaskFailure)
        /// There is nothing to work on any more.
        case withdrawn(reason: String)
        /// The daemon stops.
        case interrupted
    }

    private enum Event: Sendable {
        case ended(End)
        case overdue
        case abandoned
        case timerStopped
    }

    let claim: JobClaim
    let task: any PostProcessingTask
    let ports: JobPorts
    let scratch: Scratch
    let logger: Logger
    /// Raised when the run is no longer wanted.
    let abandonment: WakeSignal

    /// Cancelled when the daemon stops.
    func run() async -> End {
        guard !Task.isCancelled else { return .interrupted }
        guard !task.description.isPeriodic else { return await run(on: nil) }
        guard let record = claim.file else { return .withdrawn(reason: "The file is gone.") }
        do {
            guard let file = try await ports.files.open(record) else {
                return .withdrawn(reason: try await whyGone(record))
            }
            let end = await run(on: file)
            await close(file.descriptor)
            return end
        } catch {
            return Task.isCancelled ? .interrupted : .failure(TaskFailure(error))
        }
    }

    /// The task within its deadline.
    ///
    /// A success counts, even a late one; of failures, what made us cancel the task explains more than what it threw
    /// then.
    private func run(on file: OpenedFile?) async -> End {
        let work = JobWork(claim: claim, file: file, scratch: scratch, logger: logger)
        return await withTaskGroup(of: Event.self) { group in
            group.addTask { .ended(await end(of: work)) }
            group.addTask {
                do { try await ports.clock.sleep(for: task.deadline) } catch { return .timerStopped }
                return .overdue
            }
            group.addTask { await abandonment.wait() ? .abandoned : .timerStopped }
            var result = End.interrupted
            var isEnded = false
            var isOverdue = false
            for await event in group {
                switch event {
                case .ended(let end):
                    result = end
                    isEnded = true
                    group.cancelAll()
                case .overdue where !isEnded:
                    isOverdue = true
                    group.cancelAll()
                case .abandoned:
                    group.cancelAll()
                case .overdue, .timerStopped:
                    break
                }
            }
            guard case .failure = result else { return result }
            if isOverdue {
                return .failure(TaskFailure(.transient, "It took longer than \(task.deadline)."))
            }
            return Task.isCancelled ? .interrupted : result
        }
    }

    private func end(of work: JobWork) async -> End {
        do {
            return .outcome(try await task.run(work))
        } catch {
            if !(error is TaskFailure) {
                logger.debug("task threw", metadata: ["error": "\(error)"])
            }
            return .failure(TaskFailure(error))
        }
    }

    /// What became of a generation that could not be opened.
    private func whyGone(_ record: FileRecord) async throws -> String {
        switch try await ports.ledger.file(record.id)?.state {
        case .published, .corrupt: "The file was changed outside."
        case .superseded: "The file was replaced."
        case .deleting, .deleted: "The file was deleted."
        default: "The file is gone."
        }
    }

    private func close(_ file: FileDescriptor) async {
        do {
            try await ports.scratch.threads.run { [calls = ports.scratch.calls] () throws(Errno) in
                try calls.close(file)
            }
        } catch {
            // Nothing was written through it.
            logger.debug("descriptor not closed", metadata: ["error": "\(error)"])
        }
    }
}
