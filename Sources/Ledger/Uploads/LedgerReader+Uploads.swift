import GRDB
import Ingest

extension LedgerReader {
    func upload(_ id: UploadID) throws -> UploadRecord? {
        try first("SELECT \(UploadRecord.columns) FROM uploads WHERE id = ?", [id.rawValue])
            .map(UploadRecord.init(row:))
    }

    func openUploads(after id: UploadID?, limit: Int) throws -> [UploadRecord] {
        try all(
            """
            SELECT \(UploadRecord.columns) FROM uploads INDEXED BY uploads_open
            WHERE state = 'open' AND id > ? ORDER BY id LIMIT ?
            """,
            [id?.rawValue ?? "", limit]
        ).map(UploadRecord.init(row:))
    }

    func uploads(expiredBy moment: Timestamp, excluding excluded: [UploadID], limit: Int) throws -> [UploadID] {
        // Ids are hexadecimal digits: nothing in them needs an escape.
        let excluded = "[" + excluded.map { "\"\($0.rawValue)\"" }.joined(separator: ",") + "]"
        return try all(
            """
            SELECT id FROM uploads INDEXED BY uploads_expiry
            WHERE expires_at <= ? AND id NOT IN (SELECT value FROM json_each(?)) ORDER BY expires_at LIMIT ?
            """,
            [moment.milliseconds, excluded, limit]
        ).compactMap { UploadID($0[0]) }
    }

    func countOpenUploads() throws -> Int {
        try first("SELECT count(*) FROM uploads INDEXED BY uploads_open WHERE state = 'open'")?[0] ?? 0
    }

    func uploadsWithWholePieces(after id: UploadID?, limit: Int) throws -> [UploadID] {
        try all(
            """
            SELECT id FROM uploads INDEXED BY uploads_waiting
            WHERE pieces IS NOT NULL AND state = 'open' AND id > ? AND NOT EXISTS (
                SELECT 1 FROM json_each(uploads.pieces) LEFT JOIN uploads AS piece ON piece.id = value
                WHERE piece.id IS NULL OR piece.state <> 'open' OR piece.length IS NULL OR piece.offset <> piece.length)
            ORDER BY id LIMIT ?
            """,
            [id?.rawValue ?? "", limit]
        ).compactMap { UploadID($0[0]) }
    }

    func uploadsWithLostPieces(limit: Int) throws -> [UploadID] {
        try all(
            """
            SELECT id FROM uploads INDEXED BY uploads_waiting
            WHERE pieces IS NOT NULL AND state = 'open' AND EXISTS (
                SELECT 1 FROM json_each(uploads.pieces) LEFT JOIN uploads AS piece ON piece.id = value
                WHERE piece.id IS NULL OR piece.state <> 'open')
            LIMIT ?
            """,
            [limit]
        ).compactMap { UploadID($0[0]) }
    }

    func hasUploadsWithPieces(expiringBy moment: Timestamp) throws -> Bool {
        try first(
            """
            SELECT 1 FROM uploads INDEXED BY uploads_waiting
            WHERE pieces IS NOT NULL AND state = 'open' AND expires_at <= ? LIMIT 1
            """,
            [moment.milliseconds]
        ) != nil
    }

    func files(of upload: UploadID) throws -> [FileRecord] {
        try all(
            "SELECT \(FileRecord.columns) FROM files INDEXED BY files_resource WHERE resource = ? ORDER BY id",
            [upload.rawValue]
        ).map(FileRecord.init(row:))
    }
}
