import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func claim(capacity: [JobKind: Int]) throws -> [JobClaim] {
        let wanted = capacity.filter { $0.value > 0 }
        guard !wanted.isEmpty else { return [] }
        let running = try reader.all("SELECT rescues FROM jobs INDEXED BY jobs_state WHERE state = 'running'")
        guard !running.contains(where: { $0[0] as Int > 0 }) else { return [] }
        if let rescued = try reader.dueRescuedJob(of: Set(wanted.keys), now: now) {
            guard running.isEmpty else { return [] }
            return try start("id = ?", [rescued.rawValue])
        }
        var claims: [JobClaim] = []
        for kind in wanted.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
            claims += try claim(kind, atMost: wanted[kind] ?? 0)
        }
        return claims
    }

    /// Goes from priority to priority, as a search by priority and due time would read all jobs that are not due yet.
    private func claim(_ kind: JobKind, atMost capacity: Int) throws -> [JobClaim] {
        var claims: [JobClaim] = []
        var priority = Int64.min
        while claims.count < capacity, let next = try reader.nextPriority(of: kind, above: priority) {
            priority = next.priority
            guard next.runAt <= now else { continue }
            claims += try start(
                """
                id IN (SELECT id FROM jobs INDEXED BY jobs_ready
                    WHERE state = 'ready' AND kind = ? AND priority = ? AND run_at <= ? ORDER BY run_at, id LIMIT ?)
                """,
                [kind.rawValue, priority, now.milliseconds, capacity - claims.count]
            )
        }
        return claims
    }

    private func start(_ condition: String, _ arguments: StatementArguments) throws -> [JobClaim] {
        let rows = try reader.all(
            """
            UPDATE jobs SET state = 'running', attempt = attempt + 1, token = token + 1, started_at = ?,
                finished_at = NULL
            WHERE \(condition) RETURNING \(Job.columns), token
            """,
            [now.milliseconds] + arguments
        )
        return try rows.map { row in
            let job = try Job(row: row)
            return JobClaim(job: job, token: row[Job.columnCount], file: try job.file.flatMap(reader.file))
        }.sorted { ($0.job.runAt, $0.job.id) < ($1.job.runAt, $1.job.id) }
    }
}

extension LedgerReader {
    /// There are never many: only jobs that were running when the daemon died.
    fileprivate func dueRescuedJob(of kinds: Set<JobKind>, now: Timestamp) throws -> JobID? {
        try all(
            """
            SELECT id, kind FROM jobs INDEXED BY jobs_rescued
            WHERE state = 'ready' AND rescues > 0 AND run_at <= ? ORDER BY priority, run_at, id
            """,
            [now.milliseconds]
        ).first { kinds.contains(JobKind($0[1])) }.map { JobID($0[0]) }
    }
}
