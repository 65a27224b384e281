import HTTPTypes
import Ingest
import MicroHTTP

/// Judges requests that bring files before their bodies are read.
struct UploadPlanning: Sendable {
    let names: NameAdvice

    /// What the request's header section says, and what is wrong with it.
    func plan(_ upload: UploadRequest) async throws -> any UploadPlan {
        let plan = try planUnseen(upload)
        if let destination = plan.destination, upload.isWorthALook {
            try await names.check(destination)
        }
        return plan
    }

    /// As `plan`, without a look at the bucket.
    func planUnseen(_ upload: UploadRequest) throws -> any UploadPlan {
        try upload.request.requireIdentity()
        guard let spoken = uploadProtocols.first(where: { $0.speaks(upload) }) else {
            throw Problem.unsupportedMedia("No upload protocol is spoken here by such a request.")
        }
        return try spoken.plan(upload)
    }
}

extension IngestError {
    /// What `error` ended the receiving of a body with, in the words that metrics count by; others stay what they are.
    static func receiving(_ error: any Error) -> any Error {
        switch error {
        case let error as RequestBodyError: Self(.truncated, error.description)
        case is CancellationError: Self(.truncated, "The client is gone.")
        default: error
        }
    }
}

extension Request {
    /// Throws 415 for a body that is compressed or otherwise encoded: nothing is ever decoded here.
    func requireIdentity() throws(Problem) {
        guard let encoding = headers[.contentEncoding], encoding.trimmingBlanks().lowercased() != "identity" else {
            return
        }
        throw Problem.contentEncoding
    }
}
