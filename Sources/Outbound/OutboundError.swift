import SystemPackage

/// Why a request got no response.
package struct OutboundError: Error, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case unknownHost
        case unreachable
        /// The connection ended before the whole response was there.
        case interrupted
        /// Nothing came or went for too long.
        case timedOut
        /// No TLS, or a certificate that is not trusted.
        case untrusted
        case cancelled
        /// What came is not HTTP.
        case malformed
        /// The response has more content than is taken.
        case tooLarge
        /// The request cannot be sent as it is.
        case unusable
        /// The content could not be read, or what came not be stored; `cause` says why.
        case content
        case failed
    }

    package let code: Code
    /// One sentence.
    package let message: String
    package let cause: (any Error)?

    package init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Whether the same request may get a response a little later.
    package var isTransient: Bool {
        switch code {
        case .unknownHost, .unreachable, .interrupted, .timedOut: true
        case .untrusted, .cancelled, .malformed, .tooLarge, .unusable, .content, .failed: false
        }
    }

    package var description: String {
        if code == .content, let cause { return "\(cause)" }
        guard let cause = cause as? Errno else { return message }
        return "\(message.hasSuffix(".") ? String(message.dropLast()) : message): \(cause)."
    }
}
