import GRDB
import Ingest

extension LedgerReader {
    /// The state of the claimed job's row, if it still runs under the claim's token.
    fileprivate func standing(_ claim: JobClaim) throws -> Row? {
        try first(
            """
            SELECT attempt, max_attempts, helper_deaths, (SELECT state FROM files WHERE files.id = jobs.file)
            FROM jobs WHERE id = ? AND state = 'running' AND token = ?
            """,
            [claim.job.id.rawValue, claim.token]
        )
    }

    func holds(_ claim: JobClaim) throws -> Bool {
        guard let row = try standing(claim) else { return false }
        return JobFileState(row[3]).mayRun
    }
}

/// What a job's file allows it.
private struct JobFileState {
    /// A file that others took away is still worked on, by the descriptor that is held; one that we replaced or deleted
    /// is not.
    let mayRun: Bool

    init(_ state: String?) {
        switch state.map({ FileState(rawValue: $0) }) {
        case nil, .published, .corrupt, .gone: mayRun = true
        default: mayRun = false
        }
    }
}

extension LedgerTransaction {
    func finish(_ claim: JobClaim, _ end: JobEnd) throws -> Bool {
        guard let row = try reader.standing(claim) else { return false }
        let id = claim.job.id
        guard JobFileState(row[3]).mayRun else {
            try cancel(id, reason: CancellationReason.gone.rawValue)
            return false
        }
        switch end {
        case .done(let result, let digests):
            if let file = claim.job.file {
                try recordDigests(digests, of: file)
            }
            try execute(
                "UPDATE jobs SET state = 'done', error = NULL, result = ?, finished_at = ? WHERE id = ?",
                [result, now.milliseconds, id.rawValue]
            )
        case .dead(let error, let helperDied):
            try bury(id, error: error, helperDied: helperDied)
        case .cancelled(let reason):
            try cancel(id, reason: reason)
        case .retry(let error, let runAt, let countsAttempt, let helperDied):
            let attempt: Int = row[0]
            let maxAttempts: Int = row[1]
            let helperDeaths: Int = row[2]
            if helperDied, helperDeaths + 1 >= options.helperDeathLimit {
                let error = "Its helper died \(helperDeaths + 1) times, the last time: \(error)"
                try bury(id, error: error, helperDied: true)
            } else if countsAttempt, attempt >= maxAttempts {
                try bury(id, error: error, helperDied: helperDied)
            } else if try reader.hasTwin(id) {
                try cancel(id, reason: CancellationReason.twin.rawValue)
            } else {
                try execute(
                    """
                    UPDATE jobs SET state = 'ready', error = ?, run_at = ?, attempt = attempt - ?,
                        helper_deaths = helper_deaths + ? WHERE id = ?
                    """,
                    [error, runAt.milliseconds, countsAttempt ? 0 : 1, helperDied ? 1 : 0, id.rawValue]
                )
                hasReadyJobs = true
            }
        }
        return true
    }

    func bury(_ id: JobID, error: String, helperDied: Bool) throws {
        try execute(
            """
            UPDATE jobs SET state = 'dead', error = ?, finished_at = ?, helper_deaths = helper_deaths + ? WHERE id = ?
            """,
            [error, now.milliseconds, helperDied ? 1 : 0, id.rawValue]
        )
    }

    /// How long a job waits that was running alone when the daemon died: longer with each death.
    ///
    /// A daemon that is killed again and again for another reason then dies while such a job waits, which is not held
    /// against the job; one that kills the daemon still comes to its limit.
    private static func pause(afterLoneRescues count: Int) -> Duration {
        count == 0 ? .zero : min(.seconds(30), .milliseconds(250) * (1 << min(count, 8)))
    }

    func rescueRunningJobs() throws -> Int {
        let running = try reader.all(
            "SELECT id, lone_rescues, file IS NULL FROM jobs INDEXED BY jobs_state WHERE state = 'running' ORDER BY id"
        )
        let wasAlone = running.count == 1
        var handedBack = 0
        for row in running {
            let id = JobID(row[0])
            let loneRescues = (row[1] as Int) + (wasAlone ? 1 : 0)
            try execute(
                "UPDATE jobs SET rescues = rescues + 1, lone_rescues = ?, attempt = attempt - 1 WHERE id = ?",
                [loneRescues, id.rawValue]
            )
            if loneRescues >= options.loneRescueLimit {
                let error = "The server died \(loneRescues) times while only this job was running."
                if row[2] as Bool {
                    // The schedule makes the next run; nothing is lost with this one.
                    try cancel(id, reason: error)
                } else {
                    try bury(id, error: error, helperDied: false)
                }
            } else if try reader.hasTwin(id) {
                try cancel(id, reason: CancellationReason.twin.rawValue)
            } else {
                let runAt = now.advanced(by: Self.pause(afterLoneRescues: loneRescues))
                try execute(
                    "UPDATE jobs SET state = 'ready', run_at = ? WHERE id = ?",
                    [runAt.milliseconds, id.rawValue]
                )
                handedBack += 1
            }
        }
        hasReadyJobs = hasReadyJobs || handedBack > 0
        return handedBack
    }
}
