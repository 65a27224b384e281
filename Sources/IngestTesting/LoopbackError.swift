package import SystemPackage

/// What ends an exchange of the test's client.
package struct LoopbackError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        case notConnected
        /// Nothing arrived, or nothing was taken, within the client's timeout.
        case timedOut
        /// The server ended the connection with RST, or we write to one that it closed.
        case reset
        /// The server closed in the middle of a response, or before one.
        case closed
        /// Not HTTP/1.x.
        case malformed
        case failed
    }

    package let code: Code
    package let message: String
    package let cause: Errno?

    package var description: String { "\(message)\(cause.map { ": \($0)" } ?? "")" }

    init(_ code: Code, _ message: String, cause: Errno? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// Of a failed call on a socket with timeouts, where EAGAIN is the time's end.
    init(_ message: String, cause: Errno) {
        let code: Code =
            switch cause {
            case .wouldBlock, .resourceTemporarilyUnavailable: .timedOut
            case .connectionReset, .brokenPipe: .reset
            default: .failed
            }
        self.init(code, message, cause: cause)
    }
}
