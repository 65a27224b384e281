import Ingest

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

    func file(_ path: BucketPath) -> String { "\(base)/files/\(path.percentEncoded)" }

    func thumbnail(_ path: BucketPath, size: Int) -> String {
        "\(base)/thumbnails/\(path.percentEncoded)?size=\(size)"
    }

    func job(_ id: JobID) -> String { "\(base)/jobs/\(id.rawValue)" }
}
