/// What goes wrong between the daemon and its service manager.
package struct SystemdError: Error, CustomStringConvertible {
    package enum Code: Sendable {
        case notificationNotSent
        case socketsNotUsable
    }

    package let code: Code
    /// One sentence.
    package let message: String
    /// The error number, 0 if no system call failed.
    package let errno: Int32

    package var description: String { message }

    init(_ code: Code, _ message: String, errno: Int32 = 0) {
        self.code = code
        self.message = message
        self.errno = errno
    }
}
