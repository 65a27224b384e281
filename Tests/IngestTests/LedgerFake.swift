import Ingest
import Threading

/// A ledger of rows that only ever go.
struct LedgerFake: FileLedger {
    var rows: [FileRecord] = []
    let gone = Locked<Set<FileID>>([])
    /// How often it was asked for the bytes of one owner.
    let ownReadings = Locked(0)
    /// Files of whoever is asked for that are recorded, and have no names yet.
    let publishing = Locked(0)
    var foreign: [ForeignFile] = []

    func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        Array(page(there.sorted { $0.path < $1.path }, prefix: prefix, after: after, path: \.path).prefix(limit))
    }

    func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] {
        Array(page(foreign.sorted { $0.path < $1.path }, prefix: prefix, after: after, path: \.path).prefix(limit))
    }

    private func page<Row>(_ rows: [Row], prefix: String, after: BucketPath?, path: KeyPath<Row, BucketPath>) -> [Row] {
        rows.filter { row in
            row[keyPath: path].description.hasPrefix(prefix) && (after.map { $0 < row[keyPath: path] } ?? true)
        }
    }

    func newestFiles(limit: Int) async throws -> [FileRecord] { Array(rows.reversed().prefix(limit)) }
    func storedBytes() async throws -> Int64 { there.reduce(0) { $0 + $1.identity.size } }
    func storedBytes(of owner: String) async throws -> Int64 {
        ownReadings.withLock { $0 += 1 }
        return there.reduce(0) { $0 + ($1.owner == owner ? $1.identity.size : 0) }
    }
    func publishedFiles(of owner: String) async throws -> Int {
        rows.count { $0.owner == owner } + publishing.withLock { $0 }
    }
    func file(at path: BucketPath) async throws -> FileRecord? { there.first { $0.path == path } }
    func file(_ id: FileID) async throws -> FileRecord? { rows.first { $0.id == id } }
    func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [PublishedFile] { [] }
    func confirmPublication(_ files: [FileID]) {}
    func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord
    {
        throw IngestError(.notFound, "fake")
    }
    func withdrawPublication(_ files: [FileID]) async throws {}
    func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        gone.withLock { $0.formUnion(files) }
    }

    private var there: [FileRecord] {
        let gone = gone.withLock { $0 }
        return rows.filter { !gone.contains($0.id) }
    }
    func markCorrupt(_ file: FileID) async throws {}
    func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {}
    func beginDeletion(of file: FileID) async throws -> PendingDeletion? { nil }
    func finishDeletion(of file: FileID) async throws {}
    func revokeDeletion(_ deletion: PendingDeletion) async throws {}
    func unfinishedFiles() async throws -> [FileRecord] { [] }
    func prunableFiles(endedBefore moment: Timestamp, excluding excluded: [FileID], limit: Int) async throws
        -> [FileRecord]
    { [] }
    func pruneFiles(_ files: [FileID]) async throws {}
    func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int { 0 }
    func replaceForeignFiles(after first: BucketPath?, through last: BucketPath?, with files: [ForeignFile])
        async throws
    {}
}

/// A queue without jobs.
struct QueueFake: JobQueue {
    func claim(capacity: JobCapacity) async throws -> [JobClaim] { [] }
    func holds(_ claim: JobClaim) async throws -> Bool { false }
    func finish(_ claim: JobClaim, _ end: JobEnd) async throws -> Bool { false }
    func nextDue(kinds: [JobKind]) async throws -> Timestamp? { nil }
    func rescueRunningJobs() async throws -> Int { 0 }
    func enqueue(_ jobs: [PlannedJob], for file: FileID) async throws -> [Job] { [] }
    func enqueue(_ job: PlannedJob) async throws -> Job { throw IngestError(.notFound, "fake") }
    func job(_ id: JobID) async throws -> Job? { nil }
    func jobs(matching filter: JobFilter, before: JobID?, limit: Int) async throws -> [Job] { [] }
    func jobs(of files: [FileID]) async throws -> [FileID: [Job]] { [:] }
    func retry(_ id: JobID) async throws -> Job? { nil }
    func cancel(_ id: JobID, reason: String) async throws -> Job? { nil }
    func depth() async throws -> [JobDepth] { [] }
    func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp, limit: Int) async throws -> Int { 0 }
}
