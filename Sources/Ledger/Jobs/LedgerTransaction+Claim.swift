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
            return try start("WHERE id = ?", [rescued.rawValue])
        }
        var claims: [JobClaim] = []
        var left = wanted
        var last: LedgerReader.ReadyGroup?
        // From priority to priority, as a search by priority and due time would read all jobs that are not due yet.
        while !left.isEmpty, let next = try reader.nextReady(after: last) {
            last = next
            guard let capacity = left[next.kind], next.runAt <= now else { continue }
            let started = try start(
                """
                INDEXED BY jobs_ready WHERE state = 'ready' AND kind = ? AND priority = ? AND run_at <= ?
                ORDER BY run_at, id LIMIT ?
                """,
                [next.kind.rawValue, next.priority, now.milliseconds, capacity]
            )
            left[next.kind] = capacity > started.count ? capacity - started.count : nil
            claims += started
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
    fileprivate func dueRescuedJob(of kinds: Set<JobKind>, now: Timestamp) throws -> JobID? {
        try all(
            """
            SELECT id, kind FROM jobs INDEXED BY jobs_rescued
            WHERE rescues > 0 AND state = 'ready' AND run_at <= ? ORDER BY priority, run_at, id
            """,
            [now.milliseconds]
        ).first { kinds.contains(JobKind($0[1])) }.map { JobID($0[0]) }
    }
}
