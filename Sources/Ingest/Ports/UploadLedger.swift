/// The record of uploads that outlive their requests.
///
/// The same promises as `FileLedger`'s: what a mutating call has returned from is on stable storage. An upload becomes
/// `complete` in the transaction that records its files (`NewFile.resource`), and `open` again in the one that withdraws
/// them.
package protocol UploadLedger: Sendable {
    func recordUpload(_ upload: UploadRecord) async throws
    /// Throws `.notFound` if there is no such upload, or it is complete.
    func recordProgress(of upload: UploadID, _ progress: UploadProgress) async throws
    /// Removes the records, whatever their states, in one transaction; idempotent.
    func removeUploads(_ uploads: [UploadID]) async throws

    func upload(_ id: UploadID) async throws -> UploadRecord?
    /// In the order of their ids, after `id`; at most `limit`.
    func openUploads(after id: UploadID?, limit: Int) async throws -> [UploadRecord]
    /// In the order of their expiry; at most `limit`.
    func uploads(expiredBy moment: Timestamp, excluding excluded: [UploadID], limit: Int) async throws -> [UploadID]
    /// How many are open.
    func countOpenUploads() async throws -> Int
    /// Open uploads that are made of others which are all whole by now, in the order of their ids, after `id`; at most
    /// `limit`.
    func uploadsWithWholePieces(after id: UploadID?, limit: Int) async throws -> [UploadID]
    /// Open uploads that can never be made because a piece is gone; at most `limit`.
    func uploadsWithLostPieces(limit: Int) async throws -> [UploadID]
    /// Open uploads that are made of others and expire by `moment` live for as long as these.
    func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) async throws
    /// What the upload became, in the order of its publication: rows in any state.
    func files(of upload: UploadID) async throws -> [FileRecord]
}

extension UploadLedger {
    /// Calls `body` with all open uploads, a thousand at a time; it may remove them.
    package func forEachPageOfOpenUploads(_ body: ([UploadRecord]) async throws -> Void) async throws {
        var last: UploadID?
        while true {
            let page = try await openUploads(after: last, limit: 1000)
            guard let end = page.last else { return }
            last = end.id
            try await body(page)
        }
    }
}
