import HTTPTypes
import Ingest
import MicroHTTP

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

    /// What takes the body: `file`, which is begun by the intent; without one the receiver begins its files itself, in the
    /// batch.
    func receiver(of upload: UploadRequest, into batch: UploadBatch, file: Upload?) -> any UploadReceiver
}

extension UploadPlan {
    var destination: Destination? { intent?.destination }

    /// The name whose file the only file is to replace.
    var replaced: BucketPath? { destination?.replaced }

    /// When it or the receiver throws, the caller abandons the batch.
    @inline(never)
    func open(_ upload: UploadRequest, into batch: UploadBatch) async throws -> any UploadReceiver {
        let file: Upload? = if let intent { try await batch.begin(intent) } else { nil }
        return receiver(of: upload, into: batch, file: file)
    }
}

/// Takes the body of one request, and finishes at least one file of it.
///
/// A body is pushed in, because what would suspend itself to pull it stays in memory for as long as it takes to come.
protocol UploadReceiver: AnyObject {
    /// Where the file that is being received is written; nil while there is none.
    var executor: (any TaskExecutor)? { get }
    func take(_ chunk: [UInt8]) async throws
    /// To be called once all of the body was taken, with what came behind it.
    func finish(_ trailers: HTTPFields) async throws
}

extension UploadReceiver {
    /// Takes the whole body, on the thread that writes what comes of it: a gigabyte would change threads thousands of
    /// times.
    func receive(_ body: RequestBody) async throws {
        while try await withTaskExecutorPreference(executor, operation: { try await receivePart(of: body) }) {}
    }

    /// As long as it is written in the same place; whether there is more.
    private func receivePart(of body: RequestBody) async throws -> Bool {
        let place = executor
        repeat {
            guard let chunk = try await body.next() else {
                try await finish(body.trailers)
                return false
            }
            try await take(chunk)
        } while executor === place
        return true
    }
}

/// Every protocol there is, in the order in which they are asked.
let uploadProtocols: [any UploadProtocol] = [
    FormUpload(),
    RawUpload(),
]
