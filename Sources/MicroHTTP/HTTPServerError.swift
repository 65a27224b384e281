package import SystemPackage

/// Why a server cannot be bound or started.
package struct HTTPServerError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        case addressInUse
        case addressUnavailable
        case permissionDenied
        case invalidAddress
        /// A certificate, a key or authorities that TLS cannot use.
        case invalidCredentials
        /// Any other failure of the system calls that open a listening socket.
        case bindFailed
        /// The HTTP library or a thread could not be started.
        case startFailed
    }

    package let code: Code
    /// One sentence.
    package let message: String
    package let cause: Errno?

    package var description: String { message }

    init(_ code: Code, _ message: String, cause: Errno? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    init(binding address: String, errno: Errno) {
        cause = errno
        switch errno {
        case .addressInUse:
            code = .addressInUse
            message = "Another program already listens on \(address)."
        case .addressNotAvailable:
            code = .addressUnavailable
            message = "This machine has no address \(address)."
        case .permissionDenied, .notPermitted:
            code = .permissionDenied
            message = "Listening on \(address) is not permitted."
        case .invalidArgument, .fileNameTooLong, .addressFamilyNotSupported:
            code = .invalidAddress
            message = "\(address) is not an address to listen on: \(errno)."
        default:
            code = .bindFailed
            message = "Listening on \(address) failed: \(errno)."
        }
    }
}
