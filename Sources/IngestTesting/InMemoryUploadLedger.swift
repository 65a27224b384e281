package import Ingest
import Threading

/// Uploads that outlive their requests, and nothing else.
package final class InMemoryUploadLedger: UploadLedger {
    private struct State {
        var uploads: [UploadID: UploadRecord] = [:]
        var files: [UploadID: [FileRecord]] = [:]
        var failure: IngestError?
    }

    private let state = Locked(State())

    package init(_ uploads: [UploadRecord] = []) {
        state.withLock { state in
            for upload in uploads { state.uploads[upload.id] = upload }
        }
    }

    package var uploads: [UploadRecord] {
        state.withLock { $0.uploads.values.sorted { $0.id.rawValue < $1.id.rawValue } }
    }

    /// What the next calls that change something throw.
    package var failure: IngestError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    /// As the transaction does that records the files.
    package func complete(_ upload: UploadID, with files: [FileRecord]) {
        state.withLock { state in
            guard var record = state.uploads[upload] else { return }
            record.state = .complete
            record.offset = record.length ?? record.offset
            state.uploads[upload] = record
            state.files[upload] = files
        }
    }

    package func recordUpload(_ upload: UploadRecord) throws {
        try change { $0.uploads[upload.id] = upload }
    }

    package func recordProgress(of upload: UploadID, _ progress: UploadProgress) throws {
        try change { state in
            guard var record = state.uploads[upload], record.state == .open, record.offset <= progress.offset else {
                throw IngestError(.notFound, "There is no such upload.")
            }
            record.offset = progress.offset
            record.length = progress.length
            record.expiresAt = progress.expiresAt
            state.uploads[upload] = record
        }
    }

    package func removeUpload(_ upload: UploadID) throws {
        try change { $0.uploads[upload] = nil }
    }

    package func upload(_ id: UploadID) -> UploadRecord? {
        state.withLock { $0.uploads[id] }
    }

    package func openUploads(after id: UploadID?, limit: Int) -> [UploadRecord] {
        Array(uploads.filter { $0.state == .open && $0.id.rawValue > id?.rawValue ?? "" }.prefix(limit))
    }

    package func uploads(expiredBy moment: Timestamp, excluding excluded: [UploadID], limit: Int) -> [UploadID] {
        let expired = uploads.filter { $0.expiresAt <= moment && !excluded.contains($0.id) }
        return expired.sorted { $0.expiresAt < $1.expiresAt }.prefix(limit).map(\.id)
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
