import Ingest
import UploadAPI

/// What answers requests, made of one set of settings: replaced as a whole by a reload, so that a request sees the old
/// ones or the new.
struct RequestHandling: Sendable {
    let uploads: ResumableUploads
    let requests: IdempotentRequests
    let service: UploadService
}
