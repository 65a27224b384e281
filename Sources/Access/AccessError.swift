package import SystemPackage

/// Why a request, or a file of tokens, is refused.
package struct AccessError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// The request has more than one set of credentials.
        case ambiguous
        /// There are no credentials.
        case missing
        /// The credentials are of no known form.
        case malformed
        /// No such token is known.
        case unknown
        /// The token is known, and its time is over.
        case expired
        /// The token is known, and does not allow this.
        case forbidden
        /// The file of tokens cannot be used.
        case invalidFile
    }

    package let code: Code
    /// A sentence, or a few.
    package let message: String
    package let cause: Errno?

    package init(_ code: Code, _ message: String, cause: Errno? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    package var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
