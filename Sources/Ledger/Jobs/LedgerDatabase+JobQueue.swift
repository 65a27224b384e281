package import Ingest

extension LedgerDatabase: JobQueue {
    // A claim or an end that a power cut undoes makes the job run again, as it may after any death of the daemon.

    package func claim(capacity: JobCapacity) async throws -> [JobClaim] {
        try await writer.perform(isDurable: false) { try $0.claim(capacity: capacity) }
    }

    package func holds(_ claim: JobClaim) async throws -> Bool {
        try await read { try $0.holds(claim) }
    }

    package func finish(_ claim: JobClaim, _ end: JobEnd) async throws -> Bool {
        try await writer.perform(isDurable: false) { try $0.finish(claim, end) }
    }

    package func nextDue(kinds: [JobKind]) async throws -> Timestamp? {
        try await read { try $0.nextDue(kinds: kinds) }
    }

    package func rescueRunningJobs() async throws -> Int {
        try await writer.perform { try $0.rescueRunningJobs() }
    }

    package func enqueue(_ jobs: [PlannedJob], for file: FileID) async throws -> [Job] {
        try await writer.perform { try $0.enqueue(jobs, for: file) }
    }

    package func enqueue(_ job: PlannedJob) async throws -> Job {
        try await writer.perform { try $0.enqueue(job) }
    }

    package func job(_ id: JobID) async throws -> Job? {
        try await read { try $0.job(id) }
    }

    package func jobs(matching filter: JobFilter, before: JobID?, limit: Int) async throws -> [Job] {
        try await read { try $0.jobs(matching: filter, before: before, limit: limit) }
    }

    package func jobs(of files: [FileID]) async throws -> [FileID: [Job]] {
        try await read { try $0.jobs(of: files) }
    }

    package func retry(_ id: JobID) async throws -> Job? {
        try await writer.perform { try $0.retry(id) }
    }

    package func cancel(_ id: JobID, reason: String) async throws -> Job? {
        try await writer.perform { transaction in
            try transaction.cancel(id, reason: reason)
            return try transaction.reader.job(id)
        }
    }

    package func depth() async throws -> [JobDepth] {
        try await read { try $0.depth() }
    }

    package func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) async throws -> Int {
        try await writer.perform { try $0.pruneJobs(endedBefore: moment, deadBefore: deadBefore, limit: limit) }
    }
}
