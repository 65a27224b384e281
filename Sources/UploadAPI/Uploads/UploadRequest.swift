import HTTPTypes
import Ingest
import MicroHTTP

/// A request that brings files.
struct UploadRequest: Sendable {
    enum Target: Sendable {
        /// The files name themselves; nil is the bucket itself.
        case directory(BucketPath?)
        case file(BucketPath, Precondition)
    }

    let request: Request
    let target: Target
    /// For files that name themselves.
    let collision: Collision
    let limits: IngestLimits

    /// The body's media type in lower case, without parameters; empty where it is not said.
    var mediaType: String {
        (request.headers[.contentType] ?? "").prefix { $0 != ";" }.trimmingBlanks().lowercased()
    }
}
