package import Ingest

/// A reason why the server is not ready.
package struct Obstacle: Sendable, Equatable {
    /// A word for programs: that of the problem which answers an upload.
    package var code: String
    /// One sentence.
    package var reason: String

    package init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }

    package init(_ error: IngestError) {
        self.init(code: Problem(error).rule, reason: error.message)
    }
}
