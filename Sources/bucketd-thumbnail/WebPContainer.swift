/// The chunks of a WebP file (RFC 9649, section 2).
enum WebPContainer {
    /// The file with nothing but its picture; nil if it is no well-formed still WebP.
    static func withoutMetadata(_ file: [UInt8]) -> [UInt8]? {
        var chunks: [UInt8] = []
        var position = 12
        guard file.count > position else { return nil }
        while position + 8 <= file.count {
            let length = file[position + 4..<position + 8].reversed().reduce(0) { $0 << 8 | Int($1) }
            let end = position + 8 + length + length % 2
            guard end <= file.count else { return nil }
            switch String(decoding: file[position..<position + 4], as: UTF8.self) {
            case "VP8 ", "VP8L", "ALPH":
                chunks += file[position..<end]
            case "VP8X":
                guard length >= 10 else { return nil }
                chunks += file[position..<end]
                // Of the features only alpha is left (section 2.7).
                chunks[chunks.count - (end - position) + 8] &= 0x10
            default:
                break
            }
            position = end
        }
        let length = UInt32(4 + chunks.count)
        let lengthBytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
        return Array("RIFF".utf8) + lengthBytes + Array("WEBP".utf8) + chunks
    }
}
