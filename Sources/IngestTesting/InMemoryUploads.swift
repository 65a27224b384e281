import Ingest

/// The rules of the record of uploads that outlive their requests.
struct InMemoryUploads {
    /// As committed: the offset of a complete one is what it was before its publication.
    private var records: [UploadID: UploadRecord] = [:]

    /// As the ledger tells them, in the order of their ids.
    var all: [UploadRecord] {
        records.values.map(Self.told).sorted { $0.id.rawValue < $1.id.rawValue }
    }

    /// Bytes of those that are open.
    var storedBytes: Int64 {
        records.values.reduce(0) { $0 + ($1.state == .open ? $1.offset : 0) }
    }

    /// The same of one owner.
    func storedBytes(of owner: String) -> Int64 {
        records.values.reduce(0) { $0 + ($1.state == .open && $1.owner == owner ? $1.offset : 0) }
    }

    subscript(id: UploadID) -> UploadRecord? { records[id].map(Self.told) }

    mutating func record(_ upload: UploadRecord) {
        records[upload.id] = upload
    }

    mutating func progress(of upload: UploadID, _ progress: UploadProgress) throws(IngestError) {
        guard var record = records[upload], record.state == .open, record.offset <= progress.offset else {
            throw Self.noSuchUpload
        }
        record.offset = progress.offset
        record.length = progress.length
        record.expiresAt = progress.expiresAt
        records[upload] = record
    }

    mutating func remove(_ upload: UploadID) {
        records[upload] = nil
    }

    mutating func complete(_ upload: CompletedResource) throws(IngestError) {
        guard var record = records[upload.id], record.state == .open else { throw Self.noSuchUpload }
        record.state = .complete
        record.length = upload.length
        record.expiresAt = max(record.expiresAt, upload.expiresAt)
        records[upload.id] = record
    }

    /// Its publication is withdrawn.
    mutating func reopen(_ upload: UploadID) {
        records[upload]?.state = .open
    }

    func open(after id: UploadID?, limit: Int) -> [UploadRecord] {
        Array(all.filter { $0.state == .open && $0.id.rawValue > id?.rawValue ?? "" }.prefix(limit))
    }

    func expired(by moment: Timestamp, excluding excluded: [UploadID], limit: Int) -> [UploadID] {
        let expired = all.filter { $0.expiresAt <= moment && !excluded.contains($0.id) }
        return expired.sorted { $0.expiresAt < $1.expiresAt }.prefix(limit).map(\.id)
    }

    func withWholePieces(after id: UploadID?, limit: Int) -> [UploadID] {
        let whole = all.filter { upload in
            upload.awaitsPieces && upload.id.rawValue > id?.rawValue ?? ""
                && upload.pieces.allSatisfy { piece in
                    records[piece].map { $0.state == .open && $0.length == $0.offset } ?? false
                }
        }
        return Array(whole.map(\.id).prefix(limit))
    }

    func withLostPieces(limit: Int) -> [UploadID] {
        let lost = all.filter { upload in
            upload.awaitsPieces && upload.pieces.contains { records[$0]?.state != .open }
        }
        return Array(lost.map(\.id).prefix(limit))
    }

    mutating func putOffExpiry(ofThoseWithPiecesBefore moment: Timestamp) {
        for upload in all where upload.awaitsPieces && upload.expiresAt <= moment {
            let end = upload.pieces.compactMap { records[$0]?.expiresAt }.min() ?? upload.expiresAt
            records[upload.id]?.expiresAt = max(upload.expiresAt, end)
        }
    }

    private static func told(_ record: UploadRecord) -> UploadRecord {
        var told = record
        if record.state == .complete {
            told.offset = record.length ?? record.offset
        }
        return told
    }

    private static let noSuchUpload = IngestError(.notFound, "There is no such upload.")
}
