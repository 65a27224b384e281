import Jobs
import Threading

/// Lets the ledger wake the job runner, which is made after it.
final class RunnerWake: Sendable {
    private let runner = Locked<JobRunner?>(nil)

    func bind(_ runner: JobRunner) {
        self.runner.withLock { $0 = runner }
    }

    /// Before `bind` there is nobody to wake: the runner looks at the queue when it starts.
    func callAsFunction() {
        runner.withLock { $0 }?.wake()
    }
}
