import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func claim(capacity: JobCapacity) throws -> [JobClaim] {
        guard !capacity.isEmpty else { return [] }
        let running = try reader.all("SELECT rescues FROM jobs INDEXED BY jobs_state WHERE state = 'running'")
        guard !running.contains(where: { $0[0] as Int > 0 }) else { return [] }
        if let rescued = try reader.dueRescuedJob(of: capacity.limits, now: now) {
            guard running.isEmpty else { return [] }
            return try start("WHERE id = ?", [rescued.rawValue])
        }
        let due = try reader.readyGroups().filter { $0.runAt <= now }
        var claims: [JobClaim] = []
        try capacity.divide(among: Set(due.map(\.kind))) { kind, limit in
            let started = try start(limit, of: due.filter { $0.kind == kind })
            claims += started
            return started.count
        }
        return claims
    }

    /// From priority to priority, as a search by priority and due time would read all jobs that are not due yet.
    private func start(_ limit: Int, of groups: [ReadyGroup]) throws -> [JobClaim] {
        var claims: [JobClaim] = []
        for group in groups where claims.count < limit {
            claims += try start(
                """
                INDEXED BY jobs_ready WHERE state = 'ready' AND kind = ? AND priority = ? AND run_at <= ?
                ORDER BY run_at, id LIMIT ?
                """,
                [group.kind.rawValue, group.priority, now.milliseconds, limit - claims.count]
            )
        }
        return claims
    }

    private func start(_ condition: String, _ arguments: StatementArguments) throws -> [JobClaim] {
        try reader.all("SELECT \(Job.columns), token FROM jobs \(condition)", arguments).map { row in
            var job = try Job(row: row)
            let token: Int64 = row[Job.columnCount]
            job.state = .running
            job.attempt += 1
            job.startedAt = now
            try execute(
                "UPDATE jobs SET state = 'running', attempt = ?, token = ?, started_at = ? WHERE id = ?",
                [job.attempt, token + 1, now.milliseconds, job.id.rawValue]
            )
            return JobClaim(job: job, token: token + 1, file: try job.file.flatMap(reader.file))
        }
    }
}

extension LedgerReader {
    /// There are never many: only jobs that were running when the daemon died.
    fileprivate func dueRescuedJob(of limits: [JobKind: Int], now: Timestamp) throws -> JobID? {
        try all(
            """
            SELECT id, kind FROM jobs INDEXED BY jobs_rescued
            WHERE rescues > 0 AND state = 'ready' AND run_at <= ? ORDER BY priority, run_at, id
            """,
            [now.milliseconds]
        ).first { limits[JobKind($0[1]), default: 0] > 0 }.map { JobID($0[0]) }
    }
}
