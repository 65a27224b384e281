package import Ingest
import Threading

extension InMemoryFileLedger {
    package func file(at path: BucketPath) async throws -> FileRecord? {
        state.withLock { $0.row(at: path) }
    }

    package func file(_ id: FileID) async throws -> FileRecord? {
        state.withLock { $0.rows[id] }
    }

    package func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord] {
        let rows = state.withLock { state in
            state.rows.values.filter { row in
                (row.state == .published || row.state == .corrupt) && row.path.bytes.starts(with: prefix.utf8)
                    && after.map { $0 < row.path } ?? true
            }
        }
        return Array(rows.sorted { $0.path < $1.path }.prefix(limit))
    }

    package func newestFiles(limit: Int) async throws -> [FileRecord] {
        let rows = state.withLock { $0.rows.values.filter { $0.state == .published } }
        return Array(rows.sorted { $1.id < $0.id }.prefix(limit))
    }

    package func unfinishedFiles() async throws -> [FileRecord] {
        rows.filter { $0.state == .publishing || $0.state == .deleting }
    }

    package func storedBytes() async throws -> Int64 {
        let files = rows
        return state.withLock { state in
            files.reduce(state.uploads.storedBytes) { sum, file in
                let isCounted =
                    file.state.holdsName || (file.state == .publishing && state.resources[file.id] != nil)
                return sum + (isCounted ? file.identity.size : 0)
            }
        }
    }

    package func storedBytes(of owner: String) async throws -> Int64 {
        let files = rows.filter { $0.owner == owner }
        return state.withLock { state in
            files.reduce(state.uploads.storedBytes(of: owner)) { sum, file in
                let isCounted =
                    file.state.holdsName || (file.state == .publishing && state.resources[file.id] != nil)
                return sum + (isCounted ? file.identity.size : 0)
            }
        }
    }

    package func publishedFiles(of owner: String) async throws -> Int {
        rows.count { $0.owner == owner && $0.state != .withdrawn }
    }

    package func prunableFiles(
        endedBefore moment: Timestamp,
        excluding excluded: [FileID],
        limit: Int
    ) async throws -> [FileRecord] {
        let rows = state.withLock { state in
            state.rows.values.filter { row in
                state.isPrunable(row.id) && !excluded.contains(row.id)
                    && state.endedAt[row.id].map { $0 < moment } == true
            }
        }
        return Array(rows.sorted { $0.id < $1.id }.prefix(limit))
    }

    package func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile] {
        let files = state.withLock { state in
            state.foreign.values.filter { file in
                file.path.bytes.starts(with: prefix.utf8) && after.map { $0 < file.path } ?? true
            }
        }
        return Array(files.sorted { $0.path < $1.path }.prefix(limit))
    }
}
