package import Ingest

/// The queue's rules in memory, fencing included; nothing is durable.
package actor InMemoryJobQueue: JobQueue {
    private struct Row {
        var job: Job
        var priority: Int
        var token: Int64 = 0
        var loneRescues = 0
    }

    private struct Watcher {
        let id: JobID
        let condition: @Sendable (Job) -> Bool
        let continuation: CheckedContinuation<Job, any Error>
    }

    private let ledger: InMemoryFileLedger
    private let clock: any WallClock
    private let onJobsReady: @Sendable () -> Void
    private var rows: [JobID: Row] = [:] {
        didSet { wakeWatchers() }
    }
    private var watchers: [Int: Watcher] = [:]
    private var lastWatcher = 0
    private var failures: [String: Int] = [:]
    private var claimGate: Gate?
    /// Calls by name, failed ones included.
    package private(set) var calls: [String: Int] = [:]

    /// `onJobsReady` is called when there may be something to claim.
    package init(
        ledger: InMemoryFileLedger,
        clock: any WallClock,
        onJobsReady: @escaping @Sendable () -> Void = {}
    ) {
        self.ledger = ledger
        self.clock = clock
        self.onJobsReady = onJobsReady
    }

    /// The next `count` calls of this name, `claim` for instance, throw `.busy`.
    package func fail(_ call: String, times count: Int) {
        failures[call] = count
    }

    /// Claims that begin from now on hang until the gate is opened.
    package func holdClaims(at gate: Gate) {
        claimGate = gate
    }

    /// Waits until the job is as `condition` wants it.
    package func job(_ id: JobID, when condition: @escaping @Sendable (Job) -> Bool) async throws -> Job {
        if let job = rows[id]?.job, condition(job) { return job }
        lastWatcher += 1
        let number = lastWatcher
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation {
                watchers[number] = Watcher(id: id, condition: condition, continuation: $0)
            }
        } onCancel: {
            // Comes to the actor after the continuation is stored.
            Task { await self.removeWatcher(number) }
        }
    }

    private func removeWatcher(_ number: Int) {
        watchers.removeValue(forKey: number)?.continuation.resume(throwing: CancellationError())
    }

    private func wakeWatchers() {
        for (number, watcher) in watchers {
            guard let job = rows[watcher.id]?.job, watcher.condition(job) else { continue }
            watchers[number] = nil
            watcher.continuation.resume(returning: job)
        }
    }

    private func enter(_ call: String) throws {
        calls[call, default: 0] += 1
        guard let left = failures[call], left > 0 else { return }
        failures[call] = left - 1
        throw IngestError(.busy, "The ledger is busy.")
    }

    package func claim(capacity: JobCapacity) async throws -> [JobClaim] {
        try enter("claim")
        await claimGate?.passSuspended()
        let running = rows.values.filter { $0.job.state == .running }
        guard !running.contains(where: { $0.job.rescues > 0 }) else { return [] }
        let now = clock.now()
        let due = rows.values.filter { row in
            row.job.state == .ready && row.job.runAt <= now && (capacity.limits[row.job.kind] ?? 0) > 0
        }
        .sorted { ($0.priority, $0.job.runAt, $0.job.id) < ($1.priority, $1.job.runAt, $1.job.id) }
        if let rescued = due.first(where: { $0.job.rescues > 0 }) {
            return running.isEmpty ? [start(rescued.job.id)] : []
        }
        var claims: [JobClaim] = []
        capacity.divide(among: Set(due.map(\.job.kind))) { kind, limit in
            let ready = due.map(\.job.id).filter { rows[$0]?.job.kind == kind && rows[$0]?.job.state == .ready }
            claims += ready.prefix(limit).map(start)
            return min(limit, ready.count)
        }
        return claims
    }

    private func start(_ id: JobID) -> JobClaim {
        var row = rows[id] ?? { preconditionFailure("no such job") }()
        row.job.state = .running
        row.job.attempt += 1
        row.job.startedAt = clock.now()
        row.token += 1
        rows[id] = row
        return JobClaim(job: row.job, token: row.token, file: row.job.file.flatMap(ledger.row))
    }

    package func holds(_ claim: JobClaim) throws -> Bool {
        try enter("holds")
        return stands(claim) && mayRun(claim.job.file)
    }

    private func stands(_ claim: JobClaim) -> Bool {
        rows[claim.job.id].map { $0.job.state == .running && $0.token == claim.token } ?? false
    }

    private func mayRun(_ file: FileID?) -> Bool {
        guard let file else { return true }
        return switch ledger.row(file)?.state {
        case .published, .corrupt, .gone: true
        default: false
        }
    }

    package func finish(_ claim: JobClaim, _ end: JobEnd) throws -> Bool {
        try enter("finish")
        guard stands(claim), var row = rows[claim.job.id] else { return false }
        guard mayRun(claim.job.file) else {
            close(claim.job.id, .cancelled, "The file is gone.")
            return false
        }
        switch end {
        case .done(let result, let digests):
            row.job.result = result
            if let file = row.job.file {
                ledger.recordDigests(digests, of: file)
            }
            rows[row.job.id] = row
            close(row.job.id, .done, nil)
        case .dead(let error, let helperDied):
            row.job.helperDeaths += helperDied ? 1 : 0
            rows[row.job.id] = row
            close(row.job.id, .dead, error)
        case .cancelled(let reason):
            close(row.job.id, .cancelled, reason)
        case .retry(let error, let runAt, let countsAttempt, let helperDied):
            row.job.helperDeaths += helperDied ? 1 : 0
            row.job.attempt -= countsAttempt ? 0 : 1
            row.job.error = error
            row.job.runAt = runAt
            rows[row.job.id] = row
            if row.job.helperDeaths >= 3 || countsAttempt && row.job.attempt >= row.job.maxAttempts {
                close(row.job.id, .dead, error)
            } else if hasTwin(row.job) {
                close(row.job.id, .cancelled, "The same work is already waiting.")
            } else {
                row.job.state = .ready
                rows[row.job.id] = row
                onJobsReady()
            }
        }
        return true
    }

    private func close(_ id: JobID, _ state: JobState, _ error: String?) {
        guard var row = rows[id] else { return }
        row.job.state = state
        row.job.error = error
        row.job.finishedAt = clock.now()
        rows[id] = row
        keepRows()
    }

    private func keepRows() {
        ledger.keepRows(of: Set(rows.values.compactMap(\.job.file)))
    }

    private func hasTwin(_ job: Job) -> Bool {
        waiting(kind: job.kind, file: job.file, but: job.id) != nil
    }

    private func waiting(kind: JobKind, file: FileID?, but id: JobID? = nil) -> Job? {
        rows.values.map(\.job).first {
            $0.kind == kind && $0.file == file && $0.id != id && ($0.state == .ready || $0.state == .blocked)
        }
    }

    package func nextDue(kinds: [JobKind]) throws -> Timestamp? {
        try enter("nextDue")
        return rows.values.map(\.job).filter { $0.state == .ready && kinds.contains($0.kind) }.map(\.runAt).min()
    }

    package func rescueRunningJobs() throws -> Int {
        try enter("rescue")
        let running = rows.values.filter { $0.job.state == .running }.map(\.job.id)
        var count = 0
        for id in running {
            rows[id]?.job.rescues += 1
            rows[id]?.job.attempt -= 1
            rows[id]?.loneRescues += running.count == 1 ? 1 : 0
            if let row = rows[id], row.loneRescues >= 10 {
                close(id, .dead, "The server died 10 times while only this job was running.")
            } else {
                rows[id]?.job.state = .ready
                rows[id]?.job.runAt = clock.now()
                count += 1
            }
        }
        return count
    }

    package func enqueue(_ jobs: [PlannedJob], for file: FileID) throws -> [Job] {
        try enter("enqueue")
        guard let row = ledger.row(file), row.state == .published || row.state == .corrupt else {
            throw IngestError(.notFound, "There is no such file.")
        }
        return jobs.map { add($0, file: file) }
    }

    package func enqueue(_ job: PlannedJob) throws -> Job {
        try enter("enqueue")
        return add(job, file: nil)
    }

    private func add(_ planned: PlannedJob, file: FileID?) -> Job {
        if let waiting = waiting(kind: planned.kind, file: file) { return waiting }
        let now = clock.now()
        let job = Job(
            id: JobID((rows.keys.max()?.rawValue ?? 0) + 1),
            kind: planned.kind,
            state: .ready,
            file: file,
            path: file.flatMap { ledger.row($0)?.path },
            attempt: 0,
            maxAttempts: planned.maxAttempts,
            rescues: 0,
            helperDeaths: 0,
            error: nil,
            result: nil,
            runAt: now,
            createdAt: now,
            startedAt: nil,
            finishedAt: nil
        )
        rows[job.id] = Row(job: job, priority: planned.priority)
        keepRows()
        onJobsReady()
        return job
    }

    package func job(_ id: JobID) throws -> Job? { rows[id]?.job }

    package func jobs(matching filter: JobFilter, before: JobID?, limit: Int) throws -> [Job] {
        let matching = rows.values.map(\.job).filter { job in
            (filter.state ?? job.state) == job.state && (filter.kind ?? job.kind) == job.kind
                && (filter.path == nil || filter.path == job.path) && (before.map { job.id < $0 } ?? true)
        }
        return Array(matching.sorted { $0.id > $1.id }.prefix(limit))
    }

    package func jobs(of files: [FileID]) throws -> [FileID: [Job]] {
        try enter("jobsOf")
        let jobs = rows.values.map(\.job).filter { $0.file.map(files.contains) ?? false }.sorted { $0.id < $1.id }
        return Dictionary(grouping: jobs) { $0.file ?? FileID(0) }
    }

    package func retry(_ id: JobID) throws -> Job? {
        guard let job = rows[id]?.job else { return nil }
        if job.state == .dead || job.state == .cancelled, !hasTwin(job), mayRun(job.file) {
            var ready = job
            ready.state = .ready
            ready.attempt = 0
            ready.helperDeaths = 0
            ready.runAt = clock.now()
            rows[id]?.job = ready
            onJobsReady()
        }
        return rows[id]?.job
    }

    package func cancel(_ id: JobID, reason: String) throws -> Job? {
        guard let job = rows[id]?.job else { return nil }
        if !job.state.isFinal {
            close(id, .cancelled, reason)
        }
        return rows[id]?.job
    }

    package func depth() throws -> [JobDepth] {
        try enter("depth")
        return Dictionary(grouping: rows.values.map(\.job)) { [$0.kind.rawValue, $0.state.rawValue] }.values
            .compactMap { jobs in
                guard let first = jobs.first else { return nil }
                return JobDepth(
                    kind: first.kind,
                    state: first.state,
                    count: jobs.count,
                    oldestDue: first.state == .ready ? jobs.map(\.runAt).min() : nil
                )
            }
    }

    package func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) throws -> Int {
        try enter("pruneJobs")
        let ended = rows.values.map(\.job).filter { job in
            guard job.state.isFinal, let finished = job.finishedAt else { return false }
            return finished < (job.state == .dead ? deadBefore : moment)
        }
        for job in ended.sorted(by: { $0.id < $1.id }).prefix(limit) {
            rows[job.id] = nil
        }
        keepRows()
        return min(ended.count, limit)
    }
}
