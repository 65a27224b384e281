/// The durable queue of jobs.
///
/// Errors and durability as for `FileLedger`, but for `claim` and `finish`: a power cut may undo the last of these, and
/// then the jobs run again.
package protocol JobQueue: Sendable {
    /// Takes due jobs, of each kind by priority, then due time: `ready -> running`.
    ///
    /// As many as `capacity` allows: where there are fewer, no more are due.
    ///
    /// Rescued jobs are claimed alone: while one of them runs nothing else is claimed, and it is not claimed while
    /// anything else runs.
    func claim(capacity: JobCapacity) async throws -> [JobClaim]

    /// Whether the claim still stands: the job runs under this token, and its file was not replaced, deleted or
    /// withdrawn. A file that others took may still be worked on through a held descriptor.
    func holds(_ claim: JobClaim) async throws -> Bool

    /// Ends the run. False, and the result does not count, when the claim does not stand any more.
    ///
    /// A `retry` makes the job `dead` instead when it has used up its attempts or its helper died too often, and
    /// `cancelled` when the same work waits already.
    func finish(_ claim: JobClaim, _ end: JobEnd) async throws -> Bool

    /// When the earliest `ready` job of these kinds is due; nil if there is none.
    func nextDue(kinds: [JobKind]) async throws -> Timestamp?

    /// Hands back jobs that a dead daemon left `running`: ready, `rescues` raised, `attempt` lowered again.
    ///
    /// A job that was running alone waits a little longer with each such death, at most 30 s.
    ///
    /// A job that was running alone through 10 rescues is poison: `dead`. Returns how many were handed back. Called once,
    /// before anything is claimed, by the only daemon on the ledger.
    func rescueRunningJobs() async throws -> Int

    /// Adds jobs for a file that is `published` or `corrupt`, else throws `.notFound`; one that already waits with the
    /// same kind and file is returned instead.
    func enqueue(_ jobs: [PlannedJob], for file: FileID) async throws -> [Job]
    /// Adds one run of a periodic task; an equal one that waits is returned instead.
    func enqueue(_ job: PlannedJob) async throws -> Job

    func job(_ id: JobID) async throws -> Job?
    /// Newest first, before `before`, at most `limit`.
    func jobs(matching filter: JobFilter, before: JobID?, limit: Int) async throws -> [Job]
    /// All jobs of these files, oldest first.
    func jobs(of files: [FileID]) async throws -> [FileID: [Job]]
    /// `dead | cancelled -> ready` with attempts from zero, unless its file does not hold its name any more or the same
    /// work waits already. Nil if there is no such job, else the job as it is now.
    func retry(_ id: JobID) async throws -> Job?
    /// Any state that is not final `-> cancelled`. Nil if there is no such job, else the job as it is now.
    func cancel(_ id: JobID, reason: String) async throws -> Job?

    /// Number of jobs by kind and state, and the due time of the oldest ready one by kind.
    func depth() async throws -> [JobDepth]
    /// Removes jobs that ended before the moments given, at most `limit`; returns how many.
    func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) async throws -> Int
}

package struct JobFilter: Sendable, Equatable {
    package var state: JobState?
    package var kind: JobKind?
    package var path: BucketPath?

    package init(state: JobState? = nil, kind: JobKind? = nil, path: BucketPath? = nil) {
        self.state = state
        self.kind = kind
        self.path = path
    }
}

package struct JobDepth: Sendable, Equatable {
    package var kind: JobKind
    package var state: JobState
    package var count: Int
    /// Of `ready` jobs only.
    package var oldestDue: Timestamp?

    package init(kind: JobKind, state: JobState, count: Int, oldestDue: Timestamp?) {
        self.kind = kind
        self.state = state
        self.count = count
        self.oldestDue = oldestDue
    }
}
