/// Settings of the job runner.
package struct JobOptions: Sendable {
    /// Jobs of all kinds that run at the same time, at least 1.
    package var workers: Int
    /// How long jobs may go on once the daemon is told to stop.
    package var drainTimeout: Duration
    /// The longest time between two looks at the queue; new jobs are announced, so this is only a net.
    package var pollInterval: Duration

    package init(
        workers: Int,
        drainTimeout: Duration = .seconds(30),
        pollInterval: Duration = .seconds(30)
    ) {
        precondition(workers > 0)
        self.workers = workers
        self.drainTimeout = drainTimeout
        self.pollInterval = pollInterval
    }
}
