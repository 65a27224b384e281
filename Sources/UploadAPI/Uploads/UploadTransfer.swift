import Ingest
import MicroHTTP

/// The body of one request on its way to be files.
///
/// All that a request keeps for as long as its body takes to come: what made it is gone from memory by then.
final class UploadTransfer {
    private let upload: UploadRequest
    private let batch: UploadBatch
    private let turn: RequestTurn?
    private var plan: (any UploadPlan)?

    /// The batch is the transfer's from here on; a `turn` is of a request with a key.
    init(_ upload: UploadRequest, _ plan: any UploadPlan, into batch: UploadBatch, _ turn: RequestTurn?) {
        self.upload = upload
        self.plan = plan
        self.batch = batch
        self.turn = turn
    }

    /// All files of the request are published, or nothing is left of it; to be called once.
    func files() async throws -> [PublishedFile] {
        do {
            guard let plan = plan.take() else { preconditionFailure("the files of a transfer are asked for once") }
            let receiver = try await plan.open(upload, into: batch)
            try await receiver.receive(upload.request.body)
            return try await batch.publish(turn, kind: upload.kind)
        } catch {
            await batch.abandon(because: IngestError.receiving(error))
            throw error
        }
    }
}
