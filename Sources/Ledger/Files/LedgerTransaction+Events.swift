import FoundationEssentials
import GRDB
import Ingest

/// What the journal tells.
enum EventKind: String {
    case published = "file.published"
    case deleted = "file.deleted"
    case gone = "file.gone"
    case corrupt = "file.corrupt"
}

extension LedgerTransaction {
    func record(_ kind: EventKind, of file: FileID, path: Data) throws {
        try execute(
            "INSERT INTO events(kind, file, path, at) VALUES (?, ?, ?, ?)",
            [kind.rawValue, file.rawValue, path, now.milliseconds]
        )
    }

    /// `files` is a JSON array of their numbers.
    func recordPublished(_ files: String) throws {
        try execute(
            """
            INSERT INTO events(kind, file, path, at)
            SELECT ?, id, path, ? FROM files WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id
            """,
            [EventKind.published.rawValue, now.milliseconds, files]
        )
    }

    /// Looks only at the oldest `limit` rows, so that a clock that was set back cannot make it search them all.
    func pruneEvents(before moment: Timestamp, limit: Int) throws -> Int {
        let removed = try execute(
            "DELETE FROM events WHERE at < ? AND id IN (SELECT id FROM events ORDER BY id LIMIT ?)",
            [moment.milliseconds, limit]
        )
        try releasePages()
        return removed
    }
}
