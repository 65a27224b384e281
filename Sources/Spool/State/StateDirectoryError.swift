package import SystemPackage

/// Why the daemon cannot live on this bucket; for whoever starts it.
package struct StateDirectoryError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// Bucket or state is missing, no directory, or not ours to write.
        case unusable
        /// Another daemon serves the bucket or uses the state.
        case inUse
        case networkFilesystem
        /// Files cannot be renamed from the spool into the bucket.
        case differentMounts
    }

    package var code: Code
    /// One sentence.
    package var message: String
    package var cause: Errno?

    package init(_ code: Code, _ message: String, cause: Errno? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
