import Digests
import HTTPTypes
import Ingest
import MicroHTTP

/// A request whose key another had before it: whether it asks for the same.
///
/// Nobody is told that content was stored which was not. So the body is read and hashed, unless the request says itself
/// what it hashes to.
struct RepeatedUpload {
    let upload: UploadRequest
    let plan: any UploadPlan
    let recorded: RecordedRequest

    /// What the first request brought; throws 422 if this one asks for something else.
    func files(comparing requests: IdempotentRequests, _ call: Call) async throws -> [PublishedFile] {
        guard try await asksForSame(requests, call) else { throw Problem.idempotencyKeyReused }
        return recorded.files
    }

    private func asksForSame(_ requests: IdempotentRequests, _ call: Call) async throws -> Bool {
        if let answer = answerWithoutBody { return answer }
        let source = UploadSource(address: call.request.peer.limitKey)
        let batch = try await requests.openComparison(from: source, logger: call.logger)
        do {
            try await plan.open(upload, into: batch).receive(upload.request.body)
            return try await batch.finishComparison(kind: upload.kind) == recorded.request.fingerprint
        } catch {
            await batch.abandon(because: IngestError.receiving(error))
            throw error
        }
    }

    /// Nil if the body must be read for it.
    private var answerWithoutBody: Bool? {
        guard let intent = plan.intent else { return nil }
        if let length = intent.length, recorded.files.first?.record.identity.size != length { return false }
        let claimed = Set(intent.claims.lazy.map(\.digest).filter { $0.algorithm == .sha256 })
        guard let digest = claimed.first.flatMap({ SHA256Digest($0.bytes) }), claimed.count == 1 else { return nil }
        let file = (intent.destination.path, digest)
        return RequestFingerprint(kind: upload.kind, files: [file]) == recorded.request.fingerprint
    }
}

extension UploadRequest {
    /// What is told of the body's kind from one request to another with the same key: a form has another boundary each
    /// time, and is as long as that makes it.
    var kind: String {
        mediaType == "multipart/form-data" ? mediaType : (request.headers[.contentType] ?? "").trimmingBlanks()
    }
}
