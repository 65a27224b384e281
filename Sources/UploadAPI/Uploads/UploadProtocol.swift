import Ingest

/// One way in which clients send files.
protocol UploadProtocol: Sendable {
    /// Whether the request speaks this protocol; the first that says so is taken.
    func speaks(_ upload: UploadRequest) -> Bool

    /// Reads the files of the request into the batch and finishes each, at least one.
    ///
    /// When it throws, the caller abandons the batch.
    func receive(_ upload: UploadRequest, into batch: UploadBatch) async throws
}

/// Every protocol there is, in the order in which they are asked.
let uploadProtocols: [any UploadProtocol] = [
    FormUpload(),
    RawUpload(),
]
