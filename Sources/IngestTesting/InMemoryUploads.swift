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
        guard records[upload.id]?.state == .open else { throw Self.noSuchUpload }
        records[upload.id]?.state = .complete
        records[upload.id]?.length = upload.length
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

    private static func told(_ record: UploadRecord) -> UploadRecord {
        var told = record
        if record.state == .complete {
            told.offset = record.length ?? record.offset
        }
        return told
    }

    private static let noSuchUpload = IngestError(.notFound, "There is no such upload.")
}
