/// How a request ended.
package enum ThumbnailStatus: Sendable, Hashable {
    case ok
    /// Not an image of a known format, by content.
    case notApplicable
    /// Over the request's limits; nothing was decoded.
    case tooLarge
    /// The decoder gave up: the file is cut short or broken.
    case damaged
    /// The format is known, this variant of it cannot be decoded.
    case unsupported
    case timedOut
    case cancelled
    case outOfMemory
    /// The decoding process was ended by this signal; SIGSYS is a system call the sandbox forbids.
    case crashed(signal: UInt8)
    /// The helper itself failed.
    case failed

    /// Two bytes: the code, and the signal or 0.
    func put(to writer: inout WireWriter) {
        let code: (UInt8, UInt8) =
            switch self {
            case .ok: (0, 0)
            case .notApplicable: (1, 0)
            case .tooLarge: (2, 0)
            case .damaged: (3, 0)
            case .unsupported: (4, 0)
            case .timedOut: (5, 0)
            case .cancelled: (6, 0)
            case .outOfMemory: (7, 0)
            case .crashed(let signal): (8, signal)
            case .failed: (9, 0)
            }
        writer.put(code.0)
        writer.put(code.1)
    }

    init(from reader: inout WireReader) throws(WireError) {
        let code: UInt8 = try reader.take()
        let signal: UInt8 = try reader.take()
        guard (signal == 0) == (code != 8), signal <= 64 else { throw .invalidField }
        switch code {
        case 0: self = .ok
        case 1: self = .notApplicable
        case 2: self = .tooLarge
        case 3: self = .damaged
        case 4: self = .unsupported
        case 5: self = .timedOut
        case 6: self = .cancelled
        case 7: self = .outOfMemory
        case 8: self = .crashed(signal: signal)
        case 9: self = .failed
        default: throw .invalidField
        }
    }
}
