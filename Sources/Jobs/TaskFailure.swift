import Ingest

/// Why a run of a task failed, and what that means for the next try.
///
/// What a task throws. Any other error counts as transient.
package struct TaskFailure: Error, Sendable, Equatable {
    package enum Code: Sendable, Equatable {
        /// May pass: tried again after a back-off, as long as attempts are left.
        case transient
        /// Will not pass: dead at once.
        case permanent
        /// The job's own helper process died. Tried again like `transient`, but the third such death ends it.
        case crash
        /// Nothing failed, it is too early: tried again after this time, without costing an attempt.
        case snooze(Duration)
    }

    package var code: Code
    /// One sentence for clients; names no path outside the bucket.
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The one place where an error of any kind becomes a failure of a job.
    init(_ error: any Error) {
        self =
            switch error {
            case let failure as TaskFailure: failure
            case let error as IngestError where error.code == .undecided: Self(.snooze(.seconds(30)), error.message)
            case let error as IngestError: Self(.transient, error.message)
            case is CancellationError: Self(.transient, "The task was cancelled.")
            default: Self(.transient, "The task failed: \(String(String(describing: error).prefix(300)))")
            }
    }
}
