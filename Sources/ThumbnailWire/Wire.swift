/// The messages between the daemon and `bucketd-thumbnail`, one per datagram of a `SOCK_SEQPACKET` socket.
///
/// Each begins with the version and its kind; numbers are big-endian. The helper greets once, then answers every
/// request with exactly one reply. Decoding is strict on both sides: a helper taken over by a hostile image writes here.
package enum Wire {
    package static let version: UInt8 = 2
    /// No message is longer; a receiver's buffer of this size plus one byte sees every oversize one.
    package static let maxMessageSize = 1024
    /// The most sizes one request may ask for.
    package static let maxOutputs = 8
    /// Decoded sides above this are refused whatever their product is.
    package static let maxSide: UInt32 = 100_000
    /// The largest box a thumbnail may be asked for, in pixels.
    package static let maxBox: UInt16 = 8192
    /// A thumbnail larger than this is never written (RLIMIT_FSIZE of the decoding process).
    package static let maxOutputSize: UInt64 = 32 << 20
}

/// What a message is, its second byte.
package enum MessageKind: UInt8, Sendable {
    case greeting = 1
    case request = 2
    case cancellation = 3
    case reply = 4

    /// The kind a message claims; nil for another version or an unknown kind.
    package init?(of message: [UInt8]) {
        guard message.count >= 2, message[0] == Wire.version else { return nil }
        self.init(rawValue: message[1])
    }
}

/// Why a message was refused.
package enum WireError: Error, Equatable {
    case truncated
    case trailingBytes
    case unknownVersion
    case unexpectedKind
    /// A field holds a value outside its bounds.
    case invalidField
}
