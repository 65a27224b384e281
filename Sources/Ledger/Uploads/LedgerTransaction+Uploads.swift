import FoundationEssentials
import GRDB
import Ingest

extension LedgerTransaction {
    func recordUpload(_ upload: UploadRecord) throws {
        try execute(
            """
            INSERT INTO uploads(id, state, offset, length, owner, request, created_at, expires_at, pieces, source)
            VALUES (?, ?, 0, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                upload.id.rawValue, upload.state.rawValue, upload.length, upload.owner, Data(upload.request),
                upload.createdAt.milliseconds, upload.expiresAt.milliseconds, upload.pieces.column, upload.source,
            ]
        )
        if upload.offset > 0 {
            try recordProgress(
                of: upload.id,
                UploadProgress(offset: upload.offset, length: upload.length, expiresAt: upload.expiresAt)
            )
        }
    }

    func recordProgress(of upload: UploadID, _ progress: UploadProgress) throws {
        let changed = try execute(
            """
            UPDATE uploads SET offset = ?, length = ?, expires_at = ?
            WHERE id = ? AND state = 'open' AND offset <= ?1
            """,
            [progress.offset, progress.length, progress.expiresAt.milliseconds, upload.rawValue]
        )
        guard changed == 1 else { throw IngestError(.notFound, "There is no such upload.") }
    }

    func removeUploads(_ uploads: [UploadID]) throws {
        for upload in uploads {
            try execute("DELETE FROM uploads WHERE id = ?", [upload.rawValue])
        }
    }

    func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) throws {
        try execute(
            """
            UPDATE uploads INDEXED BY uploads_waiting SET expires_at = max(expires_at, coalesce((
                SELECT min(piece.expires_at) FROM json_each(uploads.pieces) JOIN uploads AS piece ON piece.id = value), 0))
            WHERE pieces IS NOT NULL AND state = 'open' AND expires_at <= ?
            """,
            [moment.milliseconds]
        )
    }

    /// Throws `.notFound` if the upload is not open: it is over, or a request before this one published it.
    ///
    /// The offset stays what it was, for a publication that is withdrawn.
    func completeUpload(_ upload: CompletedResource) throws {
        let changed = try execute(
            """
            UPDATE uploads SET state = 'complete', length = ?, expires_at = max(expires_at, ?)
            WHERE id = ? AND state = 'open'
            """,
            [upload.length, upload.expiresAt.milliseconds, upload.id.rawValue]
        )
        guard changed == 1 else { throw IngestError(.notFound, "There is no such upload.") }
    }

    /// For publications that are about to be withdrawn, given as a JSON array of their files: uploads of which no file is
    /// left.
    func reopenUploads(of files: String) throws {
        try execute(
            """
            UPDATE uploads SET state = 'open' WHERE id IN (
                SELECT resource FROM files WHERE state = 'publishing' AND resource IS NOT NULL
                    AND id IN (SELECT value FROM json_each(?1)))
                AND NOT EXISTS (
                    SELECT 1 FROM files INDEXED BY files_resource WHERE resource = uploads.id AND state <> 'withdrawn'
                        AND id NOT IN (SELECT value FROM json_each(?1)))
            """,
            [files]
        )
    }
}
