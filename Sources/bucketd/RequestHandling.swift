import Ingest
import MicroHTTP
import UploadAPI

/// What answers requests, made of one set of settings: replaced as a whole by a reload, so that a request sees the old
/// ones or the new.
struct RequestHandling: Sendable {
    let uploads: ResumableUploads
    let requests: IdempotentRequests
    let service: UploadService
}

extension Replaceable<RequestHandling> {
    func respond(to request: Request) async -> Response {
        await value.service.respond(to: request)
    }
}
