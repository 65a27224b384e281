package import Ingest
import Threading

extension InMemoryFileLedger {
    /// One transaction.
    private func change<Value: Sendable, Failure: Error>(
        _ body: (inout State, Timestamp) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        try state.withLock { state throws(Failure) in
            let now = clock.now()
            state.confirm(at: now)
            return try body(&state, now)
        }
    }

    package func recordPublication(
        _ files: [NewFile],
        keepingJobsOf held: Set<FileID>
    ) async throws -> [PublishedFile] {
        try change { state, now throws(IngestError) in
            for file in files where state.isAwaited(file.path) {
                throw IngestError(.nameTaken, "Another publication under the name is not finished.")
            }
            for upload in Set(files.compactMap(\.resource)) {
                try state.uploads.complete(upload)
            }
            return files.map { file in
                state.free(file.path, keeping: file.replaces, held, at: now)
                return PublishedFile(record: state.record(file, at: now), jobs: [])
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
        try change { state, now throws(IngestError) in
            guard var row = state.rows[file], row.state == .publishing else { throw Self.noSuchRow }
            guard !state.isAwaited(path) else {
                throw IngestError(.nameTaken, "Another publication under the name is not finished.")
            }
            state.free(path, keeping: file, held, at: now)
            row.path = path
            row.replaces = nil
            state.rows[file] = row
            return row
        }
    }

    package func withdrawPublication(_ files: [FileID]) async throws {
        change { state, now in
            for file in files where state.rows[file]?.state == .publishing {
                state.move(file, to: .withdrawn, at: now)
                if let upload = state.resources[file] {
                    state.uploads.reopen(upload)
                }
            }
        }
    }

    package func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws {
        change { state, now in
            for file in files {
                switch state.rows[file]?.state {
                case .published, .publishing, .corrupt:
                    state.move(file, to: .gone, at: now, keepingJobs: held.contains(file))
                default: continue
                }
            }
        }
    }

    package func markCorrupt(_ file: FileID) async throws {
        change { state, now in state.move(file, to: .corrupt, at: now) }
    }

    package func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws {
        change { state, _ in state.rows[file]?.identity = identity }
    }

    package func beginDeletion(of file: FileID) async throws -> PendingDeletion? {
        change { state, now in
            guard let row = state.rows[file], row.state == .published || row.state == .corrupt else { return nil }
            state.move(file, to: .deleting, at: now)
            return PendingDeletion(file: file, formerState: row.state, jobs: [])
        }
    }

    package func finishDeletion(of file: FileID) async throws {
        try change { state, now throws(IngestError) in
            guard state.rows[file]?.state == .deleting else { throw Self.noSuchRow }
            state.move(file, to: .deleted, at: now)
        }
    }

    package func revokeDeletion(_ deletion: PendingDeletion) async throws {
        let file = deletion.file
        try change { state, now throws(IngestError) in
            guard state.rows[file]?.state == .deleting else { throw Self.noSuchRow }
            state.move(file, to: deletion.formerState, at: now)
            state.jobs[file] = state.jobs[file].map { $0 == .cancelled ? .ready : $0 }
        }
    }

    package func pruneFiles(_ files: [FileID]) async throws {
        change { state, _ in
            for file in files where state.isPrunable(file) {
                state.rows[file] = nil
                state.jobs[file] = nil
            }
        }
    }

    package func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int {
        change { state, _ in
            let oldest = state.events.prefix(limit)
            let rest = oldest.filter { $0 >= moment }
            state.events.replaceSubrange(oldest.indices, with: rest)
            return oldest.count - rest.count
        }
    }

    package func replaceForeignFiles(
        after first: BucketPath?,
        through last: BucketPath?,
        with files: [ForeignFile]
    ) async throws {
        change { state, _ in
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
