import Digests
package import SystemPackage

/// Why an upload, a file or a job could not be served.
///
/// Every port throws this; one place maps it to HTTP.
package struct IngestError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        // What the client sent.
        case invalidName
        case lengthMismatch
        case digestMismatch
        /// The body ended early, or its sender is gone.
        case truncated
        /// Another request for the same upload wants this one to end.
        case superseded
        // What the bucket holds.
        case notFound
        case isDirectory
        /// The name is taken and the collision rule refuses.
        case nameTaken
        /// The name holds a file that others put there or changed: it is never overwritten or removed.
        case notOurs
        case preconditionFailed
        /// Whoever sends it may not do this here.
        case forbidden
        // Limits.
        case tooLarge
        case tooManyFiles
        case quotaExceeded
        case noSpace
        case noInodes
        case tooManyUploads
        case tooManyUploadsFromAddress
        /// The ledger is locked by another process.
        case busy
        /// Descriptors or memory.
        case outOfResources
        /// Whether the file on disk is the one on record is still being found out.
        case undecided
        // The daemon.
        case stopping
        /// An earlier failure left an unknown outcome on disk: no more writes until a restart.
        case unhealthy
        case outcomeUnknown
        case storageFailed
    }

    package var code: Code
    /// One sentence for whoever made the request; names no path outside the bucket.
    package var message: String
    /// The limit that was reached, in its own unit.
    package var limit: Int64?
    /// When the request may be worth another try, where that is known.
    package var retryAfter: Duration?
    /// The claims that did not hold, of a `.digestMismatch`.
    package var mismatches: [DigestClaim] = []
    /// The error number of the system call that failed.
    package var cause: Errno?

    package init(_ code: Code, _ message: String, limit: Int64? = nil, cause: Errno? = nil) {
        self.code = code
        self.message = message
        self.limit = limit
        self.cause = cause
    }

    package var description: String {
        cause.map { "\(code.rawValue): \(message) (\($0))" } ?? "\(code.rawValue): \(message)"
    }

    /// Names no digest but those that were claimed: what was computed is not for the client to learn.
    package static func digestMismatch(_ mismatches: [DigestClaim]) -> Self {
        var algorithms: [String] = []
        for name in mismatches.map(\.digest.algorithm.rawValue) where !algorithms.contains(name) {
            algorithms.append(name)
        }
        let names = algorithms.joined(separator: ", ")
        var error = Self(.digestMismatch, "The content is not what its digest says (\(names)).")
        error.mismatches = mismatches
        return error
    }

    /// The error for a failed system call: 507 causes are told from broken disks.
    package static func storage(_ message: String, _ cause: Errno) -> Self {
        switch cause {
        case .noSpace, .diskQuotaExceeded:
            Self(.noSpace, "There is no space left for this upload.", cause: cause)
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory:
            Self(.outOfResources, "The server is out of descriptors or memory; try again.", cause: cause)
        default:
            Self(.storageFailed, message, cause: cause)
        }
    }
}
