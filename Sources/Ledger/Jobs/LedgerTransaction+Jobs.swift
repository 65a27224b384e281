import GRDB
import Ingest

/// Why the ledger itself cancels a job.
enum CancellationReason: String {
    case gone = "The file is gone."
    case superseded = "The file was replaced."
    case deleted = "The file was deleted."
    case twin = "The same work is already waiting."
}

extension LedgerReader {
    /// Whether another job waits that would do the same work.
    func hasTwin(_ id: JobID) throws -> Bool {
        try first(
            """
            SELECT 1 FROM jobs JOIN jobs AS other ON other.kind = jobs.kind AND other.file = jobs.file
            WHERE jobs.id = ?1 AND other.id <> ?1 AND (other.state = 'blocked' OR other.state = 'ready')
            UNION ALL
            SELECT 1 FROM jobs JOIN jobs AS other INDEXED BY jobs_periodic ON other.kind = jobs.kind
            WHERE jobs.id = ?1 AND jobs.file IS NULL AND other.id <> ?1 AND other.file IS NULL
                AND (other.state = 'blocked' OR other.state = 'ready')
            """,
            [id.rawValue]
        ) != nil
    }
}

extension LedgerTransaction {
    func enqueue(_ jobs: [PlannedJob], for file: FileID) throws -> [Job] {
        guard let record = try reader.file(file), record.state == .published || record.state == .corrupt else {
            throw IngestError(.notFound, "There is no such file.")
        }
        return try jobs.map { job in
            let waiting = try reader.first(
                """
                SELECT \(Job.columns) FROM jobs INDEXED BY jobs_file
                WHERE file = ? AND kind = ? AND (state = 'blocked' OR state = 'ready')
                """,
                [file.rawValue, job.kind.rawValue]
            )
            return try waiting.map(Job.init(row:)) ?? insert(job, for: file, path: record.path)
        }
    }

    func enqueue(_ job: PlannedJob) throws -> Job {
        let waiting = try reader.first(
            """
            SELECT \(Job.columns) FROM jobs INDEXED BY jobs_periodic
            WHERE kind = ? AND file IS NULL AND (state = 'blocked' OR state = 'ready')
            """,
            [job.kind.rawValue]
        )
        return try waiting.map(Job.init(row:)) ?? insert(job, for: nil, path: nil)
    }

    private func insert(_ job: PlannedJob, for file: FileID?, path: BucketPath?) throws -> Job {
        hasReadyJobs = true
        return try insert(job, for: file, path: path, state: .ready)
    }

    /// `path` is that of the file.
    @discardableResult
    func insert(_ job: PlannedJob, for file: FileID?, path: BucketPath?, state: JobState) throws -> Job {
        try execute(
            """
            INSERT INTO jobs(kind, file, state, priority, run_at, max_attempts, created_at)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                job.kind.rawValue, file?.rawValue, state.rawValue, job.priority, now.milliseconds, job.maxAttempts,
                now.milliseconds,
            ]
        )
        return Job(
            id: JobID(database.lastInsertedRowID),
            kind: job.kind,
            state: state,
            file: file,
            path: path,
            attempt: 0,
            maxAttempts: job.maxAttempts,
            rescues: 0,
            helperDeaths: 0,
            error: nil,
            result: nil,
            runAt: now,
            createdAt: now,
            startedAt: nil,
            finishedAt: nil
        )
    }

    func retry(_ id: JobID) throws -> Job? {
        guard let job = try reader.job(id) else { return nil }
        guard job.state == .dead || job.state == .cancelled, try !reader.hasTwin(id) else { return job }
        if let file = job.file {
            guard let state = try reader.file(file)?.state, state == .published || state == .corrupt else { return job }
        }
        try execute(
            """
            UPDATE jobs SET state = 'ready', run_at = ?, attempt = 0, rescues = 0, lone_rescues = 0, helper_deaths = 0,
                started_at = NULL, finished_at = NULL
            WHERE id = ?
            """,
            [now.milliseconds, id.rawValue]
        )
        hasReadyJobs = true
        return try reader.job(id)
    }

    func cancel(_ id: JobID, reason: String) throws {
        try execute(
            """
            UPDATE jobs SET state = 'cancelled', error = ?, finished_at = ?
            WHERE id = ? AND finished_at IS NULL
            """,
            [reason, now.milliseconds, id.rawValue]
        )
    }

    func cancelJobs(of file: FileID, _ reason: CancellationReason, alsoRunning: Bool) throws {
        try execute(
            """
            UPDATE jobs SET state = 'cancelled', error = ?, finished_at = ?
            WHERE file = ? AND finished_at IS NULL AND (? OR state <> 'running')
            """,
            [reason.rawValue, now.milliseconds, file.rawValue, alsoRunning]
        )
    }

    /// Looks at the oldest `limit` of each state and kind only: jobs end in about the order of their numbers.
    func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) throws -> Int {
        var removed = 0
        for (ended, before) in [(JobState.done, moment), (.cancelled, moment), (.dead, deadBefore)] {
            for (state, kind) in try reader.groups(of: JobFilter(state: ended)) {
                removed += try execute(
                    """
                    DELETE FROM jobs WHERE finished_at < ? AND id IN (
                        SELECT id FROM jobs INDEXED BY jobs_state WHERE state = ? AND kind = ? ORDER BY id LIMIT ?)
                    """,
                    [before.milliseconds, state.rawValue, kind.rawValue, limit - removed]
                )
            }
        }
        try releasePages()
        return removed
    }
}
