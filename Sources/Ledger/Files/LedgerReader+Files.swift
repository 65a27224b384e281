import GRDB
import Ingest

extension LedgerReader {
    func file(_ id: FileID) throws -> FileRecord? {
        try first("SELECT \(FileRecord.columns) FROM files WHERE id = ?", [id.rawValue])
            .map(FileRecord.init(row:))
    }

    /// The row that holds the path, and the one that is about to.
    func files(at path: BucketPath) throws -> (holder: FileRecord?, publishing: FileRecord?) {
        let holder = try first(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_name
            WHERE path = ? AND ended_at IS NULL AND state <> 'publishing'
            """,
            [path.column]
        )
        let publishing = try first(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_unfinished
            WHERE path = ? AND state = 'publishing' AND (state = 'publishing' OR state = 'deleting')
            """,
            [path.column]
        )
        return try (holder.map(FileRecord.init(row:)), publishing.map(FileRecord.init(row:)))
    }

    func files(in range: PathRange, limit: Int) throws -> [FileRecord] {
        // The first conditions are the index's own, word for word: only then may SQLite use it.
        try all(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_name
            WHERE ended_at IS NULL AND state <> 'publishing' AND state <> 'deleting' AND \(range.condition)
            ORDER BY path LIMIT ?
            """,
            range.arguments + [limit]
        ).map(FileRecord.init(row:))
    }

    func newestFiles(limit: Int) throws -> [FileRecord] {
        try all(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_newest
            WHERE ended_at IS NULL AND state = 'published' ORDER BY id DESC LIMIT ?
            """,
            [limit]
        ).map(FileRecord.init(row:))
    }

    func unfinishedFiles() throws -> [FileRecord] {
        try all(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_unfinished
            WHERE state = 'publishing' OR state = 'deleting' ORDER BY id
            """
        ).map(FileRecord.init(row:))
    }

    func prunableFiles(endedBefore moment: Timestamp, excluding excluded: [FileID], limit: Int) throws -> [FileRecord] {
        try all(
            """
            SELECT \(FileRecord.columns) FROM files INDEXED BY files_ended
            WHERE ended_at IS NOT NULL AND ended_at < ?
                AND id NOT IN (SELECT value FROM json_each(?))
                AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.file = files.id)
                AND NOT \(LedgerReader.isOfRequest)
            ORDER BY ended_at LIMIT ?
            """,
            [moment.milliseconds, StatementArguments.ids(excluded.map(\.rawValue)), limit]
        ).map(FileRecord.init(row:))
    }

    /// The total counts what is being published, and what that replaces: of both only one is right, which one depends on
    /// whether the publication is `confirmed`.
    ///
    /// What comes of an unfinished upload counts all the time, as it did before.
    func storedBytes(confirmed: [FileID] = []) throws -> Int64 {
        try first(
            """
            SELECT bytes - (
                SELECT coalesce(sum(size), 0) FROM files INDEXED BY files_unfinished
                WHERE (state = 'publishing' OR state = 'deleting') AND state = 'publishing'
                    AND resource IS NULL AND id NOT IN (SELECT value FROM json_each(?1))
            ) - (
                SELECT coalesce(sum(size), 0) FROM files NOT INDEXED
                WHERE ended_at IS NULL AND state <> 'publishing' AND id IN (
                    SELECT replaces FROM files INDEXED BY files_unfinished
                    WHERE (state = 'publishing' OR state = 'deleting') AND state = 'publishing'
                        AND id IN (SELECT value FROM json_each(?1)))
            ) FROM totals
            """,
            [StatementArguments.ids(confirmed.map(\.rawValue))]
        )?[0] ?? 0
    }

    /// As `storedBytes`, of one owner.
    func storedBytes(of owner: String, confirmed: [FileID] = []) throws -> Int64 {
        try first(
            """
            SELECT coalesce((SELECT bytes FROM owners WHERE owner = ?2), 0) - (
                SELECT coalesce(sum(size), 0) FROM files INDEXED BY files_unfinished
                WHERE (state = 'publishing' OR state = 'deleting') AND state = 'publishing' AND owner = ?2
                    AND resource IS NULL AND id NOT IN (SELECT value FROM json_each(?1))
            ) - (
                SELECT coalesce(sum(size), 0) FROM files NOT INDEXED
                WHERE ended_at IS NULL AND state <> 'publishing' AND owner = ?2 AND id IN (
                    SELECT replaces FROM files INDEXED BY files_unfinished
                    WHERE (state = 'publishing' OR state = 'deleting') AND state = 'publishing'
                        AND id IN (SELECT value FROM json_each(?1))))
            """,
            [StatementArguments.ids(confirmed.map(\.rawValue)), owner]
        )?[0] ?? 0
    }

    func foreignFiles(in range: PathRange, limit: Int) throws -> [ForeignFile] {
        try all(
            "SELECT path, size, modified FROM foreign_files WHERE \(range.condition) ORDER BY path LIMIT ?",
            range.arguments + [limit]
        ).map { row in
            ForeignFile(
                path: BucketPath(column: row[0]),
                size: row[1],
                modifiedAt: Timestamp(milliseconds: row[2])
            )
        }
    }
}
