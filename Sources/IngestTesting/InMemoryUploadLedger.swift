package import Ingest
import Threading

/// Uploads that outlive their requests, and nothing else.
package final class InMemoryUploadLedger: UploadLedger {
    private struct State {
        var uploads = InMemoryUploads()
        var files: [UploadID: [FileRecord]] = [:]
        var failure: IngestError?
    }

    private let state = Locked(State())

    package init(_ uploads: [UploadRecord] = []) {
        state.withLock { state in
            for upload in uploads { state.uploads.record(upload) }
        }
    }

    package var uploads: [UploadRecord] {
        state.withLock { $0.uploads.all }
    }

    /// What the next calls that change something throw.
    package var failure: IngestError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    /// As the transaction does that records the files.
    package func complete(_ upload: CompletedResource, with files: [FileRecord]) {
        state.withLock { state in
            // Of several files the first completes it.
            if state.uploads[upload.id]?.state == .open { try? state.uploads.complete(upload) }
            state.files[upload.id, default: []] += files
        }
    }

    package func recordUpload(_ upload: UploadRecord) throws {
        try change { $0.uploads.record(upload) }
    }

    package func recordProgress(of upload: UploadID, _ progress: UploadProgress) throws {
        try change { try $0.uploads.progress(of: upload, progress) }
    }

    package func removeUpload(_ upload: UploadID) throws {
        try change { $0.uploads.remove(upload) }
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

    package func putOffExpiry(ofUploadsWithPiecesBefore moment: Timestamp) throws {
        try change { $0.uploads.putOffExpiry(ofThoseWithPiecesBefore: moment) }
    }

    package func countOpenUploads() -> Int {
        uploads.count { $0.state == .open }
    }

    package func files(of upload: UploadID) -> [FileRecord] {
        state.withLock { $0.files[upload] ?? [] }
    }

    private func change(_ body: (inout State) throws -> Void) throws {
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            try body(&state)
        }
    }
}
