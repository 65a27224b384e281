package import SystemPackage

/// Why a thumbnail could not be attempted, or its attempt did not end by itself.
///
/// An image that is damaged, too large or none at all is no error but a `ThumbnailOutcome`.
package struct ThumbnailHelperError: Error, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The decoding process, or the helper, died.
        case crashed
        /// The deadline passed.
        case timedOut
        /// The decoding process ran out of its memory, or was killed for the machine's.
        case memory
        /// There is no helper: it cannot be started, is not locked in as required, or was shut down.
        case unavailable
        /// What the helper said or wrote is not what a sound one does.
        case protocolViolation
        /// The helper could not do its part; the image is not to blame.
        case failed
    }

    package let code: Code
    /// One sentence; may hold text of the decoder, always printable ASCII.
    package let message: String
    package let cause: Errno?
    /// What killed the decoding process, if a signal did; SIGSYS when it tried what the sandbox forbids.
    package let signal: Int?

    package init(_ code: Code, _ message: String, cause: Errno? = nil, signal: Int? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
        self.signal = signal
    }

    package var description: String {
        cause.map { "\(message) (\($0))" } ?? message
    }
}
