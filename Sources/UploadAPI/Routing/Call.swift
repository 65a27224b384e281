import HTTPTypes
import Ingest
import Logging
import MicroHTTP

/// A request on its way through a route; a class for the reason that `Request` is one.
final class Call: Sendable {
    let request: Request
    let route: Route
    /// What the template's names stand for, decoded once.
    let captures: [[UInt8]]
    /// Who sends it.
    let principal: Principal
    let began: ContinuousClock.Instant
    var logger: Logger { request.logger(of: principal) }
    /// Who sends what it uploads.
    var source: UploadSource {
        UploadSource(address: request.peer.limitKey, uploader: uploader)
    }
    /// On whose account uploads go, and whose it may go on with; one for all that holds it.
    let uploader: Uploader?

    init(request: Request, route: Route, captures: [[UInt8]], principal: Principal, began: ContinuousClock.Instant) {
        self.request = request
        self.route = route
        self.captures = captures
        self.principal = principal
        uploader = principal.uploader
        self.began = began
    }

    /// The first parameter of this name in the query; nil if it is missing or empty.
    func parameter(_ name: String) throws -> String? {
        let value = try request.target.query().first { $0.name == name }?.value
        return value?.isEmpty == false ? value : nil
    }

    /// The parameter as a number of at least 1, at most `maximum`: larger ones are cut to it.
    func number(_ name: String, default standard: Int, maximum: Int) throws -> Int {
        guard let text = try parameter(name) else { return standard }
        guard let number = Int(text), number > 0 else {
            throw Problem.parameter(name, "It is a number of at least 1.")
        }
        return min(number, maximum)
    }

    /// The captured path as one to look up: what no client may see is not there.
    func lookupPath() throws -> BucketPath {
        guard let path = BucketPath(lookingUp: captures) else { throw Problem.notFound }
        return path
    }

    /// The captured path as one to create, refused if it breaks a rule for names.
    func newPath() throws -> BucketPath {
        try BucketPath(segments: try captures.map(Self.name))
    }

    /// The captured directory to create files in; nil is the bucket itself.
    func newDirectory() throws -> BucketPath? {
        captures.isEmpty ? nil : try newPath()
    }

    private static let encoded = ["%00", "%2e", "%2f", "%5c"]

    private static func name(_ segment: [UInt8]) throws -> String {
        guard let name = String(validating: segment, as: UTF8.self) else {
            throw IngestError(.invalidName, "A name must be valid UTF-8.")
        }
        // Whoever decodes such a name once more gets another path.
        guard !segment.contains(UInt8(ascii: "%")) || !Self.encoded.contains(where: name.lowercased().contains) else {
            throw IngestError(.invalidName, "A name must not hold an encoded dot, slash, backslash or NUL.")
        }
        return name
    }

    /// The whole body, for requests that hold a small text.
    ///
    /// Throws 413 beyond `limit` bytes.
    func body(limit: Int) async throws -> [UInt8] {
        if let declared = request.body.declaredLength, declared > limit {
            throw Problem.bodyTooLarge(limit)
        }
        var bytes: [UInt8] = []
        for try await chunk in request.body {
            guard bytes.count + chunk.count <= limit else { throw Problem.bodyTooLarge(limit) }
            bytes += chunk
        }
        return bytes
    }
}

extension Request {
    /// For lines about the request that name who sends it.
    func logger(of principal: Principal?) -> Logger {
        var logger = logger
        if let name = principal?.name { logger[metadataKey: "auth.id"] = "\(name)" }
        return logger
    }
}
