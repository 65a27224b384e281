import HTTPTypes
import Ingest
import MicroHTTP

/// A request that brings files; a class for the reason that `Request` is one.
final class UploadRequest: Sendable {
    enum Target: Sendable {
        /// Forms only, as the service that this one replaces took them.
        case form
        /// The files name themselves; nil is the bucket itself.
        case directory(BucketPath?)
        case file(BucketPath, Precondition)
    }

    let request: Request
    let target: Target
    /// What the request speaks.
    let dispatch: UploadDispatch
    /// For files that name themselves.
    let collision: Collision
    let limits: IngestLimits
    /// On whose account the files come; nil: on nobody's.
    let uploader: Uploader?
    /// Bytes of the form or the file as a whole, where they are known.
    let length: Int64?

    init(
        request: Request,
        target: Target,
        dispatch: UploadDispatch = .plain,
        collision: Collision,
        limits: IngestLimits,
        uploader: Uploader?
    ) {
        self.request = request
        self.target = target
        self.dispatch = dispatch
        self.collision = collision
        self.limits = limits
        self.uploader = uploader
        if case .resumableCreation(let creation) = dispatch {
            length = creation.length.known
        } else {
            length = request.body.declaredLength
        }
    }

    var isPlain: Bool { dispatch == .plain }

    /// Where files go that name themselves; nil is the bucket itself, and where the request names its file.
    var directory: BucketPath? {
        guard case .directory(let directory) = target else { return nil }
        return directory
    }

    /// Whether the client is spared much if it is refused before it sends its body.
    var isWorthALook: Bool {
        guard let length else { return true }
        return length > 1 << 20 || (length > 0 && request.headers[.expect] != nil)
    }

    /// The media type of the form or the file in lower case, without parameters; empty where it is not said.
    var mediaType: String {
        (request.headers[.contentType] ?? "").prefix { $0 != ";" }.trimmingBlanks().lowercased()
    }
}
