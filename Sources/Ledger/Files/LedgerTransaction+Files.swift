import Digests
import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func markGone(_ ids: [FileID], keepingJobsOf held: Set<FileID>) throws {
        // A file that was taken before its publication was written down did have its name.
        try publish(ids)
        for id in ids {
            guard
                let path = try changeState(of: id, from: "state IN ('published','corrupt')", to: .gone)
            else { continue }
            try record(.gone, of: id, path: path)
            if !held.contains(id) {
                try cancelJobs(of: id, .gone, alsoRunning: false)
            }
        }
    }

    func markCorrupt(_ id: FileID) throws {
        guard let path = try changeState(of: id, from: "state = 'published'", to: .corrupt) else { return }
        try record(.corrupt, of: id, path: path)
    }

    /// Beside those that are recorded, of which the new ones replace their like.
    func recordDigests(_ digests: [DigestAlgorithm: Digest], of id: FileID) throws {
        guard !digests.isEmpty, let record = try reader.file(id) else { return }
        let all = record.digests.merging(digests) { $1 }
        try execute("UPDATE files SET digests = ? WHERE id = ?", [all.column, id.rawValue])
    }

    func renewIdentity(of id: FileID, _ identity: FileIdentity) throws {
        try execute(
            """
            UPDATE files SET inode = ?, birth_time = ?, size = ?, modification_time = ?
            WHERE id = ? AND state IN ('published','corrupt')
            """,
            [
                Int64(bitPattern: identity.inode), identity.birthTime, identity.size, identity.modificationTime,
                id.rawValue,
            ]
        )
    }

    func pruneFiles(_ files: [FileID]) throws {
        try execute(
            """
            DELETE FROM files WHERE id IN (SELECT value FROM json_each(?))
                AND ended_at IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.file = files.id)
                AND NOT \(LedgerReader.isOfRequest)
            """,
            [StatementArguments.ids(files.map(\.rawValue))]
        )
        try releasePages()
    }

    func replaceForeignFiles(after first: BucketPath?, through last: BucketPath?, with files: [ForeignFile]) throws {
        let range = PathRange(after: first, through: last)
        try execute("DELETE FROM foreign_files WHERE \(range.condition)", range.arguments)
        for file in files {
            try execute(
                "INSERT OR REPLACE INTO foreign_files(path, size, modified) VALUES (?, ?, ?)",
                [file.path.column, file.size, file.modifiedAt.milliseconds]
            )
        }
    }

    /// Gives free pages back to the filesystem, some at a time.
    func releasePages() throws {
        _ = try reader.all("PRAGMA incremental_vacuum(256)")
    }

    /// The path of the row if it was changed.
    func changeState(of id: FileID, from condition: String, to state: FileState) throws -> Data? {
        try reader.first(
            "UPDATE files SET state = ?, ended_at = ? WHERE id = ? AND \(condition) RETURNING path",
            [state.rawValue, state.isEnded ? now.milliseconds : nil, id.rawValue]
        )?[0]
    }
}

extension FileState {
    /// Whether the row is kept only for its history.
    fileprivate var isEnded: Bool {
        switch self {
        case .superseded, .gone, .deleted, .withdrawn: true
        case .publishing, .published, .deleting, .corrupt: false
        }
    }
}
