import Ingest

/// One way in which clients send files.
protocol UploadProtocol: Sendable {
    /// Whether the request speaks this protocol; the first that says so is taken.
    func speaks(_ upload: UploadRequest) -> Bool

    /// Judges the request by its header section alone.
    ///
    /// Throws what is wrong with it in itself (400, 413, 415), which comes before what the server is short of.
    func plan(_ upload: UploadRequest) throws -> any UploadPlan
}

/// How the body of one request is to be received.
protocol UploadPlan: Sendable {
    /// Bytes of the quota that the body takes for sure: those of files, not of what is around them.
    var claim: Int64 { get }
    /// What is known of the only file, if it is known that there is but one.
    var intent: UploadIntent? { get }

    /// Reads the files of the request into the batch and finishes each, at least one.
    ///
    /// When it throws, the caller abandons the batch.
    func receive(_ upload: UploadRequest, into batch: UploadBatch) async throws
}

extension UploadPlan {
    var destination: Destination? { intent?.destination }
}

/// Every protocol there is, in the order in which they are asked.
let uploadProtocols: [any UploadProtocol] = [
    FormUpload(),
    RawUpload(),
]
