package import Ingest
import Threading

extension InMemoryFileLedger {
    package func recordPublication(
        _ files: [NewFile],
        keepingJobsOf held: Set<FileID>
    ) async throws -> [FileRecord] {
        try change(.recordPublication) { state throws(IngestError) in
            for file in files where state.isAwaited(file.path) {
                throw IngestError(.nameTaken, "Another publication under the name is not finished.")
            }
            return files.map { file in
                state.free(file.path, keeping: file.replaces, held)
                let record = FileRecord(
                    id: FileID(state.nextFile),
                    path: file.path,
                    generation: 1 + (file.replaces.flatMap { state.rows[$0]?.generation } ?? 0),
                    state: .publishing,
                    upload: file.upload,
                    identity: file.identity,
                    digest: file.digest,
                    contentType: file.contentType,
                    originalName: file.originalName,
                    replaces: file.replaces,
                    createdAt: Timestamp(milliseconds: state.nextFile)
                )
                state.nextFile += 1
                state.rows[record.id] = record
                return record
            }
        }
    }

    package func confirmPublication(_ files: [FileID]) {
        state.withLock { $0.confirmations += files }
    }

    package func movePublication(
        _ file: FileID,
        to path: BucketPath,
        keepingJobsOf held: Set<FileID>
    ) async throws -> FileRecord {
        try change(.movePublication) { state throws(IngestError) in
            guard var row = state.rows[file], row.state == .publishing else { throw Self.noSuchRow }
            guard !state.isAwaited(path) else {
                throw IngestError(.nameTaken, "Another publication under the name is not finished.")
            }
            state.free(path, keeping: file, held)
            row.path = path
            row.replaces = nil
            state.rows[file] = row
            return row
        }
    }

    package func withdrawPublication(_ files: [FileID]) async throws {
        try change(.withdrawPublication) { state in
            for file in files {
                state.rows[file]?.state = .withdrawn
            }
        }
    }

    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        try change(.markGone) { state in
            for file in files {
                switch state.rows[file]?.state {
                case .published, .publishing, .corrupt:
                    state.rows[file]?.state = .gone
                    if !held.contains(file) {
                        state.cancelled.insert(file)
                    }
                default: continue
                }
            }
        }
    }

    package func markCorrupt(_ file: FileID) async throws {
        try change(.markGone) { $0.rows[file]?.state = .corrupt }
    }

    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {
        try change(.renewIdentity) { $0.rows[file]?.identity = identity }
    }

    package func beginDeletion(of file: FileID) async throws -> Bool {
        try change(.beginDeletion) { state in
            guard let row = state.rows[file], row.state == .published || row.state == .corrupt else { return false }
            state.rows[file]?.state = .deleting
            return true
        }
    }

    package func finishDeletion(of file: FileID) async throws {
        try change(.finishDeletion) { state throws(IngestError) in
            guard state.rows[file]?.state == .deleting else { throw Self.noSuchRow }
            state.rows[file]?.state = .deleted
        }
    }

    package func revokeDeletion(of file: FileID) async throws {
        try change(.revokeDeletion) { state throws(IngestError) in
            guard state.rows[file]?.state == .deleting else { throw Self.noSuchRow }
            state.rows[file]?.state = .published
        }
    }

    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws {
        try change(.replaceForeignFiles) { state in
            state.foreign = state.foreign.filter { path, _ in
                first.map { path <= $0 } ?? false || last.map { path > $0 } ?? false
            }
            for file in files {
                state.foreign[file.path] = file
            }
        }
    }

    private static let noSuchRow = IngestError(.notFound, "There is no such row.")
}
