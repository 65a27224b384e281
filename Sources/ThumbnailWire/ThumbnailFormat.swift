/// The format of a thumbnail.
package enum ThumbnailFormat: UInt8, Sendable, CaseIterable {
    case webp = 1
    case jpeg = 2

    /// The quality at which photographs of thumbnail size show no damage.
    package var defaultQuality: UInt8 {
        switch self {
        case .webp: 75
        case .jpeg: 80
        }
    }

    /// Whether `bytes`, the head of a file of `size` bytes, begin as this format does.
    package func matches(_ bytes: [UInt8], size: UInt64) -> Bool {
        switch self {
        case .jpeg:
            return ImageSignature.format(of: bytes) == .jpeg
        case .webp:
            // RIFF counts the bytes after its own length field, padded to an even number.
            guard ImageSignature.format(of: bytes) == .webp else { return false }
            let length = bytes[4..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            return length + 8 == size
        }
    }
}
