import Ingest
import IngestTesting
import Threading

/// What the service asks of a ledger; the rest is never called.
extension MemoryBucket: FileLedger {
    func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [PublishedFile] { [] }
    func confirmPublication(_ files: [FileID]) {}
    func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord
    {
        throw IngestError(.notFound, "Not here.")
    }
    func withdrawPublication(_ files: [FileID]) async throws {}
    func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {}
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

    func file(at path: BucketPath) async throws -> FileRecord? {
        state.withLock { $0.files[path]?.record }
    }

    func file(_ id: FileID) async throws -> FileRecord? {
        state.withLock { state in state.files.values.map(\.record).first { $0.id == id } }
    }

    func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        state.withLock { state in
            Self.page(state.files.values.map(\.record), \.path, prefix: prefix, after: after, limit: limit)
        }
    }

    func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] {
        state.withLock { state in
            let files = state.foreign.map { path, bytes in
                ForeignFile(path: path, size: Int64(bytes.count), modifiedAt: Self.time)
            }
            return Self.page(files, \.path, prefix: prefix, after: after, limit: limit)
        }
    }

    func newestFiles(limit: Int) async throws -> [FileRecord] {
        state.withLock { state in
            Array(state.files.values.map(\.record).sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    func storedBytes() async throws -> Int64 {
        let unfinished = uploads.uploads.reduce(0) { $0 + ($1.state == .open ? $1.offset : 0) }
        return state.withLock { state in state.files.values.reduce(unfinished) { $0 + $1.record.identity.size } }
    }

    func storedBytes(of owner: String) async throws -> Int64 {
        let unfinished = uploads.uploads.reduce(0) { $0 + ($1.state == .open && $1.owner == owner ? $1.offset : 0) }
        return state.withLock { state in
            state.files.values.reduce(unfinished) { $0 + ($1.record.owner == owner ? $1.record.identity.size : 0) }
        }
    }

    func publishedFiles(of owner: String) async throws -> Int {
        state.withLock { state in state.files.values.count { $0.record.owner == owner } }
    }

    private static func page<File>(
        _ files: [File],
        _ path: KeyPath<File, BucketPath>,
        prefix: String,
        after: BucketPath?,
        limit: Int
    ) -> [File] {
        let chosen = files.filter { file in
            let path = file[keyPath: path]
            return path.bytes.starts(with: prefix.utf8) && (after.map { $0 < path } ?? true)
        }
        return Array(chosen.sorted { $0[keyPath: path] < $1[keyPath: path] }.prefix(limit))
    }
}
