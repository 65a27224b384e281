import HTTPTypes
import Ingest
import MicroHTTP

/// A request that brings files; a class for the reason that `Request` is one.
final class UploadRequest: Sendable {
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

    init(request: Request, target: Target, collision: Collision, limits: IngestLimits) {
        self.request = request
        self.target = target
        self.collision = collision
        self.limits = limits
    }

    /// Whether the client is spared much if it is refused before it sends its body.
    var isWorthALook: Bool {
        guard let length = request.body.declaredLength else { return true }
        return length > 1 << 20 || (length > 0 && request.headers[.expect] != nil)
    }

    /// The body's media type in lower case, without parameters; empty where it is not said.
    var mediaType: String {
        (request.headers[.contentType] ?? "").prefix { $0 != ";" }.trimmingBlanks().lowercased()
    }
}
