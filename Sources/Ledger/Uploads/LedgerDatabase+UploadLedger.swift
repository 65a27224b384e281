package import Ingest

extension LedgerDatabase: UploadLedger {
    package func recordUpload(_ upload: UploadRecord) async throws {
        try await writer.perform { try $0.recordUpload(upload) }
    }

    package func recordProgress(of upload: UploadID, _ progress: UploadProgress) async throws {
        try await writer.perform { try $0.recordProgress(of: upload, progress) }
    }

    package func removeUploads(_ uploads: [UploadID]) async throws {
        try await writer.perform { try $0.removeUploads(uploads) }
    }

    package func upload(_ id: UploadID) async throws -> UploadRecord? {
        try await read { try $0.upload(id) }
    }

    package func openUploads(after id: UploadID?, limit: Int) async throws -> [UploadRecord] {
        try await read { try $0.openUploads(after: id, limit: limit) }
    }

    package func uploads(
        expiredBy moment: Timestamp,
        excluding excluded: [UploadID],
        limit: Int
    ) async throws -> [UploadID] {
        try await read { try $0.uploads(expiredBy: moment, excluding: excluded, limit: limit) }
    }

    package func countOpenUploads() async throws -> Int {
        try await read { try $0.countOpenUploads() }
    }

    package func uploadsWithWholePieces(after id: UploadID?, limit: Int) async throws -> [UploadID] {
        try await read { try $0.uploadsWithWholePieces(after: id, limit: limit) }
    }

    package func uploadsWithLostPieces(limit: Int) async throws -> [UploadID] {
        try await read { try $0.uploadsWithLostPieces(limit: limit) }
    }

    package func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) async throws {
        guard try await read({ try $0.hasUploadsWithPieces(expiringBy: moment) }) else { return }
        try await writer.perform { try $0.putOffExpiry(ofUploadsWithPiecesBefore: moment) }
    }

    package func files(of upload: UploadID) async throws -> [FileRecord] {
        try await readPublished { try $0.files(of: upload) }
    }
}
