package import Ingest

/// A record of uploads whose transactions fail, or wait, where a plan says so, and are otherwise those of `base`.
package struct FaultyUploadLedger: UploadLedger {
    package let base: any UploadLedger
    package let plan: FaultPlan

    package init(_ base: any UploadLedger, _ plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    package func recordUpload(_ upload: UploadRecord) async throws {
        try await plan.transaction(.recordUpload) { try await base.recordUpload(upload) }
    }

    package func recordProgress(of upload: UploadID, _ progress: UploadProgress) async throws {
        try await plan.transaction(.recordProgress) { try await base.recordProgress(of: upload, progress) }
    }

    package func removeUploads(_ uploads: [UploadID]) async throws {
        try await plan.transaction(.removeUploads) { try await base.removeUploads(uploads) }
    }

    package func upload(_ id: UploadID) async throws -> UploadRecord? { try await base.upload(id) }

    package func openUploads(after id: UploadID?, limit: Int) async throws -> [UploadRecord] {
        try await base.openUploads(after: id, limit: limit)
    }

    package func uploads(
        expiredBy moment: Timestamp,
        excluding excluded: [UploadID],
        limit: Int
    ) async throws -> [UploadID] {
        try await base.uploads(expiredBy: moment, excluding: excluded, limit: limit)
    }

    package func uploadsWithWholePieces(after id: UploadID?, limit: Int) async throws -> [UploadID] {
        try await base.uploadsWithWholePieces(after: id, limit: limit)
    }

    package func uploadsWithLostPieces(limit: Int) async throws -> [UploadID] {
        try await base.uploadsWithLostPieces(limit: limit)
    }

    package func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) async throws {
        try await base.putOffExpiry(ofUploadsWithPiecesBefore: moment)
    }

    package func countOpenUploads() async throws -> Int { try await base.countOpenUploads() }

    package func files(of upload: UploadID) async throws -> [FileRecord] { try await base.files(of: upload) }
}
