import Ingest
import MicroHTTP

/// Where clients find what they are told of.
package struct ResourceURLs: Sendable {
    private let base: String

    /// `publicURL` is what clients reach the server by, behind a proxy for instance; without one, URLs are relative to
    /// the server's root.
    package init(publicURL: String? = nil) {
        var base = publicURL ?? ""
        while base.hasSuffix("/") { base.removeLast() }
        self.base = base
    }

    var page: String { base + "/" }

    /// Where the page's form sends files for `directory` to, on the server that it came from; nil is the bucket itself.
    func creation(in directory: BucketPath?, isAbsolute: Bool = false) -> String {
        (isAbsolute ? base : "") + (directory.map { "/files/\($0.percentEncoded)/" } ?? "/files")
    }

    func file(_ path: BucketPath) -> String { "\(base)/files/\(path.percentEncoded)" }

    func thumbnail(_ path: BucketPath, size: Int) -> String {
        "\(base)/thumbnails/\(path.percentEncoded)?size=\(size)"
    }

    /// Absolute wherever that can be told: some clients take no other (RFC 3986 section 4.2 notwithstanding).
    func upload(_ id: UploadID, as request: Request) -> String {
        let path = "/uploads/\(id)\(request.ticketQuery)"
        guard base.isEmpty else { return base + path }
        guard let authority = request.authority, request.isNamedByClient else { return path }
        return "\(request.scheme)://\(authority)\(request.forwarded?.prefix ?? "")\(path)"
    }

    func job(_ id: JobID) -> String { "\(base)/jobs/\(id.rawValue)" }
}

extension Request {
    /// What the client is told for `url`, which may be relative to the server's root: proxies may have taken a prefix off
    /// the path.
    func reference(to url: String) -> String {
        guard let prefix = forwarded?.prefix, url.hasPrefix("/") else { return url }
        return prefix + url
    }

    /// Whether its authority is one that clients reach the server by: on a Unix socket a proxy may name any.
    fileprivate var isNamedByClient: Bool {
        if case .tcp = local { true } else { forwarded?.authority != nil }
    }
}
