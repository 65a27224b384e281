import FoundationEssentials
import GRDB
import Ingest

extension Job {
    /// What `init(row:)` expects, in its order; for SELECT and for RETURNING, which knows no joins.
    static let columns = """
        id, kind, state, file, (SELECT path FROM files WHERE files.id = jobs.file), attempt, max_attempts, rescues,
        helper_deaths, error, result, run_at, created_at, started_at, finished_at
        """
    static let columnCount = 15

    init(row: Row) throws {
        let id: Int64 = row[0]
        guard let state = JobState(rawValue: row[2]) else { throw IngestError.malformedRow("jobs", id) }
        self.init(
            id: JobID(id),
            kind: JobKind(row[1]),
            state: state,
            file: (row[3] as Int64?).map(FileID.init),
            path: (row[4] as Data?).map(BucketPath.init(column:)),
            attempt: row[5],
            maxAttempts: row[6],
            rescues: row[7],
            helperDeaths: row[8],
            error: row[9],
            result: row[10],
            runAt: Timestamp(milliseconds: row[11]),
            createdAt: Timestamp(milliseconds: row[12]),
            startedAt: (row[13] as Int64?).map(Timestamp.init(milliseconds:)),
            finishedAt: (row[14] as Int64?).map(Timestamp.init(milliseconds:))
        )
    }
}
