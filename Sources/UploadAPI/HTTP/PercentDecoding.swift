/// A URL's path, decoded once.
enum PercentDecoding {
    /// The segments between slashes as bytes, which need not be UTF-8: `/a/%FF/` is `a`, one byte, and an empty one.
    ///
    /// An encoded slash stays within its segment, for the rules of names to refuse. Throws for a `%` without two
    /// hexadecimal digits.
    static func segments(ofPath path: [UInt8]) throws(Problem) -> [[UInt8]] {
        var segments: [[UInt8]] = []
        for segment in path.dropFirst().split(
            separator: UInt8(ascii: "/"),
            omittingEmptySubsequences: false
        ) {
            guard let bytes = bytes(segment, escape: UInt8(ascii: "%")) else { throw Problem.badEscape }
            segments.append(bytes)
        }
        return segments
    }

    /// Nil where `escape` is not followed by two hexadecimal digits.
    static func bytes(_ text: some Sequence<UInt8>, escape: UInt8) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            guard byte == escape else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
