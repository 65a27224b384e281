package import Ingest
import Threading

/// Rows of files in memory, as far as jobs need them: publication is `add`.
package final class RecordedFiles: FileLedger {
    private struct State {
        var rows: [FileID: FileRecord] = [:]
        var endedAt: [FileID: Timestamp] = [:]
        var filesWithJobs: Set<FileID> = []
    }

    private let state = Locked(State())
    private let clock: any WallClock

    package init(clock: any WallClock) {
        self.clock = clock
    }

    /// Records a published file.
    ///
    /// What held the path is superseded.
    @discardableResult
    package func add(path: BucketPath, identity: FileIdentity, digest: SHA256Digest) -> FileRecord {
        state.withLock { state in
            let former = state.rows.values.first { $0.path == path && $0.state.holdsName }
            if let former {
                state.rows[former.id]?.state = .superseded
                state.endedAt[former.id] = clock.now()
            }
            let generation = state.rows.values.count { $0.path == path } + 1
            let record = FileRecord(
                id: FileID(Int64(state.rows.count + 1)),
                path: path,
                generation: Int64(generation),
                state: .published,
                upload: .random(),
                identity: identity,
                digest: digest,
                contentType: nil,
                originalName: nil,
                replaces: former?.id,
                createdAt: clock.now()
            )
            state.rows[record.id] = record
            return record
        }
    }

    package func setState(_ file: FileID, _ new: FileState) {
        state.withLock { state in
            state.rows[file]?.state = new
            if !new.holdsName {
                state.endedAt[file] = clock.now()
            }
        }
    }

    /// Told by the queue: rows of these files are not pruned.
    func keepRows(of files: Set<FileID>) {
        state.withLock { $0.filesWithJobs = files }
    }

    /// The row, without a change of task.
    package func row(_ id: FileID) -> FileRecord? { state.withLock { $0.rows[id] } }

    package func file(_ id: FileID) async throws -> FileRecord? { row(id) }
    package func file(at path: BucketPath) async throws -> FileRecord? {
        state.withLock { $0.rows.values.first { $0.path == path && $0.state.holdsName } }
    }
    package func markCorrupt(_ file: FileID) async throws { setState(file, .corrupt) }
    package func pruneFiles(endedBefore moment: Timestamp, limit: Int) async throws -> [FileRecord] {
        state.withLock { state in
            let ended = state.rows.values.filter { row in
                !row.state.holdsName && row.state != .publishing && !state.filesWithJobs.contains(row.id)
                    && state.endedAt[row.id].map { $0 < moment } == true
            }
            let pruned = ended.sorted { $0.id < $1.id }.prefix(limit)
            for row in pruned {
                state.rows[row.id] = nil
            }
            return Array(pruned)
        }
    }

    package func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [FileRecord] {
        throw Self.absent
    }
    package func confirmPublication(_ files: [FileID]) {}
    package func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord
    { throw Self.absent }
    package func withdrawPublication(_ files: [FileID]) async throws { throw Self.absent }
    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        for file in files {
            setState(file, .gone)
        }
    }
    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws { throw Self.absent }
    package func beginDeletion(of file: FileID) async throws -> Bool { throw Self.absent }
    package func finishDeletion(of file: FileID) async throws { throw Self.absent }
    package func revokeDeletion(of file: FileID) async throws { throw Self.absent }
    package func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        throw Self.absent
    }
    package func newestFiles(limit: Int) async throws -> [FileRecord] { throw Self.absent }
    package func unfinishedFiles() async throws -> [FileRecord] { [] }
    package func storedBytes() async throws -> Int64 { 0 }
    package func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] { [] }
    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws { throw Self.absent }

    private static let absent = IngestError(.storageFailed, "Not part of the ledger for tests.")
}
