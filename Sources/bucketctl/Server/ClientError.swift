import HTTPTypes
import Outbound

/// Why a command, or its part for one file, came to nothing.
struct ClientError: Error, CustomStringConvertible {
    enum Code: Hashable, Sendable {
        /// What the user asks for cannot be.
        case usage
        case settings
        /// A file of this machine.
        case local
        /// The file changed while it was read.
        case changed
        /// No answer.
        case noAnswer
        /// An answer that is none of this protocol.
        case unexpected
        /// An answer of this status that is no success.
        case refused(Int)
        /// Content is not what its digest says.
        case mismatch
    }

    let code: Code
    /// One sentence or two.
    let message: String
    /// Whether it may go better a little later.
    var isTransient = false
    /// How long the server asks to wait.
    var retryAfter: Duration?
    /// The rule that the server says was broken.
    var rule: String?
    var cause: (any Error)?

    init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    init(_ error: OutboundError) {
        if let own = error.cause as? ClientError {
            self = own
        } else {
            self.init(error.code == .content ? .local : .noAnswer, error.description, cause: error.cause)
            isTransient = error.isTransient
        }
    }

    /// Any error, for people.
    init(wrapping error: any Error) {
        switch error {
        case let error as ClientError: self = error
        case let error as OutboundError: self.init(error)
        default: self.init(.local, "\(error)", cause: error)
        }
    }

    var description: String { message }
}
