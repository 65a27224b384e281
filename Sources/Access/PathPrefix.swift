package import Ingest

/// A directory of the bucket and all below it: `in/a` covers `in/a` and `in/a/b`, never `in/ab`.
package struct PathPrefix: Hashable, Sendable, CustomStringConvertible {
    package let path: BucketPath

    package init(_ path: BucketPath) {
        self.path = path
    }

    /// `in/a`, with a slash at its end or without.
    ///
    /// Throws `.invalidName` for what could not be the name of a directory.
    package init(_ text: String) throws(IngestError) {
        let trimmed = text.hasSuffix("/") ? text.dropLast() : text[...]
        path = try BucketPath(
            segments: trimmed.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        )
    }

    package func covers(_ other: BucketPath) -> Bool {
        other.isWithin(path)
    }

    package var description: String { path.description }
}
