import Ingest

extension InMemoryFileLedger {
    struct State {
        var rows: [FileID: FileRecord] = [:]
        var endedAt: [FileID: Timestamp] = [:]
        var jobs: [FileID: JobState] = [:]
        var confirmations: [FileID] = []
        var nextFile: Int64 = 1
        var foreign: [BucketPath: ForeignFile] = [:]
        var filesWithJobs: Set<FileID> = []
        var uploads = InMemoryUploads()
        /// The uploads of several requests that became files.
        var resources: [FileID: UploadID] = [:]
        /// When each event was, in the order they were written; only those of `addEvent`.
        var events: [Timestamp] = []

        mutating func record(_ file: NewFile, at moment: Timestamp) -> FileRecord {
            let record = FileRecord(
                id: FileID(nextFile),
                path: file.path,
                generation: 1 + (rows.values.filter { $0.path == file.path }.map(\.generation).max() ?? 0),
                state: .publishing,
                upload: file.upload,
                identity: file.identity,
                digest: file.digest,
                digests: file.digests,
                contentType: file.contentType,
                originalName: file.originalName,
                replaces: file.replaces,
                createdAt: moment,
                owner: file.owner
            )
            nextFile += 1
            rows[record.id] = record
            jobs[record.id] = .blocked
            resources[record.id] = file.resource?.id
            return record
        }

        mutating func move(_ file: FileID, to new: FileState, at moment: Timestamp, keepingJobs: Bool = false) {
            rows[file]?.state = new
            if !new.holdsName && new != .publishing {
                endedAt[file] = moment
            }
            switch new {
            case .published:
                release(file)
            case .gone:
                if keepingJobs {
                    release(file)
                } else {
                    cancel(file)
                }
            case .superseded, .deleting:
                cancel(file)
            case .withdrawn:
                jobs[file] = nil
            case .publishing, .deleted, .corrupt:
                break
            }
        }

        private mutating func release(_ file: FileID) {
            jobs[file] = jobs[file].map { $0 == .blocked ? .ready : $0 }
        }

        private mutating func cancel(_ file: FileID) {
            jobs[file] = jobs[file].map { _ in .cancelled }
        }

        mutating func confirm(at moment: Timestamp) {
            for file in confirmations {
                guard rows[file]?.state == .publishing else { continue }
                if let replaced = rows[file]?.replaces, rows[replaced]?.state.holdsName == true {
                    move(replaced, to: .superseded, at: moment)
                }
                move(file, to: .published, at: moment)
            }
            confirmations = []
        }

        func isPrunable(_ file: FileID) -> Bool {
            guard let state = rows[file]?.state else { return false }
            return !state.holdsName && state != .publishing && !filesWithJobs.contains(file)
        }

        /// Rows that call the path theirs, but for `keeping`, are gone.
        mutating func free(_ path: BucketPath, keeping: FileID?, _ held: Set<FileID>, at moment: Timestamp) {
            for row in rows.values where row.path == path && row.id != keeping && row.state.holdsName {
                move(row.id, to: .gone, at: moment, keepingJobs: held.contains(row.id))
            }
        }

        /// Whether a publication under the path is not finished.
        func isAwaited(_ path: BucketPath) -> Bool {
            rows.values.contains { $0.path == path && $0.state == .publishing }
        }

        func row(at path: BucketPath) -> FileRecord? {
            let unfinished = rows.values.first { $0.path == path && $0.state == .publishing }
            guard let unfinished, !confirmations.contains(unfinished.id) else {
                return unfinished ?? rows.values.first { $0.path == path && $0.state.holdsName }
            }
            return rows.values.first { $0.path == path && $0.state.holdsName } ?? unfinished
        }
    }
}
