package import Ingest
import Threading

extension InMemoryFileLedger: UploadLedger {
    /// All of them, in the order of their ids.
    package var uploads: [UploadRecord] {
        state.withLock { $0.uploads.all }
    }

    /// As the transaction does that records the files: rows that are there already.
    package func complete(_ upload: CompletedResource, with files: [FileRecord]) {
        state.withLock { state in
            // Of several files the first completes it.
            if state.uploads[upload.id]?.state == .open { try? state.uploads.complete(upload) }
            for file in files {
                state.rows[file.id] = file
                state.resources[file.id] = upload.id
            }
        }
    }

    package func recordUpload(_ upload: UploadRecord) {
        state.withLock { $0.uploads.record(upload) }
    }

    package func recordProgress(of upload: UploadID, _ progress: UploadProgress) throws {
        try state.withLock { state throws(IngestError) in try state.uploads.progress(of: upload, progress) }
    }

    package func removeUploads(_ uploads: [UploadID]) {
        state.withLock { state in
            for upload in uploads { state.uploads.remove(upload) }
        }
    }

    package func upload(_ id: UploadID) -> UploadRecord? {
        state.withLock { $0.uploads[id] }
    }

    package func openUploads(after id: UploadID?, limit: Int) -> [UploadRecord] {
        state.withLock { $0.uploads.open(after: id, limit: limit) }
    }

    package func uploads(expiredBy moment: Timestamp, excluding excluded: [UploadID], limit: Int) -> [UploadID] {
        state.withLock { $0.uploads.expired(by: moment, excluding: excluded, limit: limit) }
    }

    package func uploadsWithWholePieces(after id: UploadID?, limit: Int) -> [UploadID] {
        state.withLock { $0.uploads.withWholePieces(after: id, limit: limit) }
    }

    package func uploadsWithLostPieces(limit: Int) -> [UploadID] {
        state.withLock { $0.uploads.withLostPieces(limit: limit) }
    }

    package func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) {
        state.withLock { $0.uploads.putOffExpiry(ofThoseWithPiecesBefore: moment) }
    }

    package func countOpenUploads() -> Int {
        uploads.count { $0.state == .open }
    }

    package func files(of upload: UploadID) -> [FileRecord] {
        let files = state.withLock { $0.resources.filter { $0.value == upload }.keys }
        return rows.filter { files.contains($0.id) }
    }
}
