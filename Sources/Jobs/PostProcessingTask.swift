package import Ingest

/// A kind of work for the background.
///
/// A job runs at least once: `run` must be idempotent, and leave nothing behind but its outcome. What it writes goes to
/// the scratch directory; the runner puts outputs in place, if the claim still stands then.
package protocol PostProcessingTask: Sendable {
    var description: TaskDescription { get }
    /// How many jobs of this kind run at the same time, at least 1.
    var concurrency: Int { get }
    var retryPolicy: RetryPolicy { get }
    /// How long one run may take; then it is cancelled and counts as a transient failure.
    var deadline: Duration { get }

    /// Does the work once.
    ///
    /// Must return soon after its task is cancelled, and must not block the thread: blocking calls belong on
    /// `BlockingThreads`. Throws `TaskFailure`; any other error counts as transient.
    func run(_ work: JobWork) async throws -> TaskOutcome
}
