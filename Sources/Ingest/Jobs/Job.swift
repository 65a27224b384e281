package import Digests

/// The kind of work a job is, `checksum` or `thumbnail` for instance; names a task.
///
/// An open set: rows of a kind that this build does not know stay in the ledger untouched.
package struct JobKind: Hashable, Sendable, CustomStringConvertible {
    package let rawValue: String

    package init(_ rawValue: String) {
        self.rawValue = rawValue
    }

    package var description: String { rawValue }
}

/// `blocked -> ready -> running -> done | dead`, back to `ready` on retry, `cancelled` from any state but `done`.
package enum JobState: String, Sendable, CaseIterable {
    /// Its file has not got its name yet.
    case blocked
    case ready
    case running
    case done
    /// Out of attempts, or failed for good; the reason is kept.
    case dead
    case cancelled

    package var isFinal: Bool { self == .done || self == .dead || self == .cancelled }
}

/// One piece of post-processing for a file, or one run of a periodic task.
package struct Job: Sendable, Equatable {
    package var id: JobID
    package var kind: JobKind
    package var state: JobState
    /// Nil for a periodic task.
    package var file: FileID?
    /// The file's path when the job was listed or claimed.
    package var path: BucketPath?
    /// Runs that were begun and count.
    package var attempt: Int
    package var maxAttempts: Int
    /// Deaths of the daemon while this job was running; they cost no attempt.
    package var rescues: Int
    /// Deaths of the job's own helper process.
    package var helperDeaths: Int
    /// Why it is `dead` or `cancelled`, or what the last attempt failed with.
    package var error: String?
    /// What the task reported at its end: opaque to all but the task and its readers.
    package var result: String?
    package var runAt: Timestamp
    package var createdAt: Timestamp
    package var startedAt: Timestamp?
    package var finishedAt: Timestamp?

    package init(
        id: JobID,
        kind: JobKind,
        state: JobState,
        file: FileID?,
        path: BucketPath?,
        attempt: Int,
        maxAttempts: Int,
        rescues: Int,
        helperDeaths: Int,
        error: String?,
        result: String?,
        runAt: Timestamp,
        createdAt: Timestamp,
        startedAt: Timestamp?,
        finishedAt: Timestamp?
    ) {
        self.id = id
        self.kind = kind
        self.state = state
        self.file = file
        self.path = path
        self.attempt = attempt
        self.maxAttempts = maxAttempts
        self.rescues = rescues
        self.helperDeaths = helperDeaths
        self.error = error
        self.result = result
        self.runAt = runAt
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
    }
}

/// A job to be recorded.
package struct PlannedJob: Sendable, Equatable {
    package var kind: JobKind
    /// At least 1.
    package var maxAttempts: Int
    /// Lower runs first; 100 is usual.
    package var priority: Int

    package init(kind: JobKind, maxAttempts: Int, priority: Int = 100) {
        self.kind = kind
        self.maxAttempts = maxAttempts
        self.priority = priority
    }
}

/// The right to run a job and to report its end, once.
///
/// Every claim of a job raises its token, so a report that comes after the job was taken away changes nothing.
package struct JobClaim: Sendable, Equatable {
    package var job: Job
    package var token: Int64
    /// The generation to work on; nil for a periodic task.
    package var file: FileRecord?

    package init(job: Job, token: Int64, file: FileRecord?) {
        self.job = job
        self.token = token
        self.file = file
    }
}

/// How a run of a job ended.
package enum JobEnd: Sendable, Equatable {
    /// `digests` of the job's file are recorded with it, beside those that are.
    case done(result: String?, digests: [DigestAlgorithm: Digest] = [:])
    /// Ready again at `runAt`. `countsAttempt` is false for a stop or a snooze; `helperDied` counts towards poison.
    case retry(error: String, runAt: Timestamp, countsAttempt: Bool, helperDied: Bool)
    case dead(error: String, helperDied: Bool)
    case cancelled(reason: String)
}
