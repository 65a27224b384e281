import Ingest
import Threading

extension MemoryBucket: JobQueue {
    func claim(capacity: JobCapacity) async throws -> [JobClaim] { [] }
    func holds(_ claim: JobClaim) async throws -> Bool { false }
    func finish(_ claim: JobClaim, _ end: JobEnd) async throws -> Bool { false }
    func nextDue(kinds: [JobKind]) async throws -> Timestamp? { nil }
    func rescueRunningJobs() async throws -> Int { 0 }
    func depth() async throws -> [JobDepth] { [] }
    func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) async throws -> Int { 0 }

    func enqueue(_ jobs: [PlannedJob], for file: FileID) async throws -> [Job] {
        state.withLock { state in
            let record = state.files.values.map(\.record).first { $0.id == file }
            return jobs.map { Self.addJob($0.kind.rawValue, of: record, in: &state) }
        }
    }

    func enqueue(_ job: PlannedJob) async throws -> Job {
        state.withLock { Self.addJob(job.kind.rawValue, of: nil, in: &$0) }
    }

    func job(_ id: JobID) async throws -> Job? {
        state.withLock { state in state.jobs.first { $0.id == id } }
    }

    func jobs(matching filter: JobFilter, before: JobID?, limit: Int) async throws -> [Job] {
        state.withLock { state in
            let chosen = state.jobs.filter { job in
                (filter.state == nil || filter.state == job.state) && (filter.kind == nil || filter.kind == job.kind)
                    && (filter.path == nil || filter.path == job.path) && (before.map { job.id < $0 } ?? true)
            }
            return Array(chosen.sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    func jobs(of files: [FileID]) async throws -> [FileID: [Job]] {
        state.withLock { state in
            Dictionary(grouping: state.jobs.filter { $0.file.map(files.contains) == true }) { $0.file ?? FileID(0) }
        }
    }

    func retry(_ id: JobID) async throws -> Job? {
        change(id) { job in
            if job.state == .dead || job.state == .cancelled {
                job.state = .ready
            }
        }
    }

    func cancel(_ id: JobID, reason: String) async throws -> Job? {
        change(id) { job in
            if !job.state.isFinal {
                job.state = .cancelled
                job.error = reason
            }
        }
    }

    private func change(_ id: JobID, _ body: (inout Job) -> Void) -> Job? {
        state.withLock { state in
            guard let index = state.jobs.firstIndex(where: { $0.id == id }) else { return nil }
            body(&state.jobs[index])
            return state.jobs[index]
        }
    }
}
