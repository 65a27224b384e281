import GRDB
import Ingest

extension LedgerTransaction {
    func beginDeletion(of id: FileID) throws -> PendingDeletion? {
        guard let state = try reader.file(id)?.state, state == .published || state == .corrupt,
            try changeState(of: id, from: "state IN ('published','corrupt')", to: .deleting) != nil
        else { return nil }
        let jobs = try reader.jobs(of: [id])[id] ?? []
        try cancelJobs(of: id, .deleted, alsoRunning: true)
        return PendingDeletion(file: id, formerState: state, jobs: jobs.filter { !$0.state.isFinal })
    }

    func finishDeletion(of id: FileID) throws {
        guard let path = try changeState(of: id, from: "state = 'deleting'", to: .deleted) else { return }
        try record(.deleted, of: id, path: path)
    }

    func revokeDeletion(_ deletion: PendingDeletion) throws {
        let id = deletion.file
        guard try changeState(of: id, from: "state = 'deleting'", to: deletion.formerState) != nil else { return }
        // Those that waited first: one of these may be to do again what another was just doing.
        for job in deletion.jobs where job.state != .running {
            try restore(job)
        }
        for job in deletion.jobs where job.state == .running {
            try restore(job)
        }
    }

    /// The run of a job that was running has lost its claim and may be over: it waits for another.
    private func restore(_ job: Job) throws {
        guard try !reader.hasTwin(job.id) else { return }
        let restored = try execute(
            """
            UPDATE jobs SET state = 'ready', error = ?, attempt = attempt - ?, finished_at = NULL
            WHERE id = ? AND state = 'cancelled'
            """,
            [job.error, job.state == .running ? 1 : 0, job.id.rawValue]
        )
        hasReadyJobs = hasReadyJobs || restored > 0
    }
}
