@_spi(_Unicode) import Swift

/// What a name in the bucket may be, the same for every way in.
///
/// A name that a client chose as a resource (a URL's path) is refused when it breaks a rule; a name that comes along
/// as a hint (a form's filename) is repaired by `FileName`.
package enum NameRules {
    /// Bytes of a component.
    ///
    /// Linux takes 255 (`NAME_MAX`); the rest is for a suffix such as ` (12345)`.
    package static let maxComponentBytes = 240
    /// Bytes of a whole path.
    package static let maxPathBytes = 1024
    /// Components of a path.
    package static let maxDepth = 32

    /// Throws `.invalidName` with the rule that a path of these components breaks.
    static func check(_ segments: [String]) throws(IngestError) {
        guard !segments.isEmpty else {
            throw IngestError(.invalidName, "The path names no file.")
        }
        guard segments.count <= maxDepth else {
            throw IngestError(.invalidName, "A path may have at most \(maxDepth) levels.", limit: Int64(maxDepth))
        }
        let pathBytes = segments.reduce(segments.count - 1) { $0 + $1.utf8.count }
        guard pathBytes <= maxPathBytes else {
            throw IngestError(.invalidName, "A path may be at most \(maxPathBytes) bytes.", limit: Int64(maxPathBytes))
        }
        for segment in segments {
            if let reason = objection(to: segment) {
                throw IngestError(.invalidName, reason)
            }
        }
    }

    private static func objection(to segment: String) -> String? {
        guard let first = segment.unicodeScalars.first, let last = segment.unicodeScalars.last else {
            return "A path must not have empty components."
        }
        if segment.utf8.count > maxComponentBytes {
            return "A name may be at most \(maxComponentBytes) bytes."
        }
        if first == "." || first == "-" || first == " " {
            return "A name must not begin with a dot, a dash or a space."
        }
        if last == "." || last == " " {
            return "A name must not end with a dot or a space."
        }
        let isPlain = segment.utf8.allSatisfy(isPlainASCII)
        if !isPlain && segment.unicodeScalars.contains(where: { isForbidden($0) || isSlashLike($0) }) {
            return "A name must not contain control, bidirectional or invisible characters, nor anything like a slash."
        }
        if isDeviceName(segment) {
            return "The name is a device on Windows."
        }
        // Nothing in ASCII is composed of anything.
        guard !isPlain else { return nil }
        let composed = composed(segment)
        if !composed.unicodeScalars.elementsEqual(segment.unicodeScalars) {
            return "A name must be in Unicode's composed form (NFC): \(composed)"
        }
        return nil
    }

    /// Of a character that names may hold; most names have no others.
    private static func isPlainASCII(_ byte: UInt8) -> Bool {
        (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "/") && byte != UInt8(ascii: "\\")
    }

    /// Unicode normalization form C: what most systems write, so that one name is one sequence of bytes.
    static func composed(_ text: String) -> String {
        String(String.UnicodeScalarView(text._nfc))
    }

    /// Characters that no name holds: they hide what a name is, or end it early.
    static func isForbidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x7F...0x9F: true  // C0, DEL, C1
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true  // bidirectional controls
        case 0x200B...0x200D, 0x2060, 0xFEFF: true  // zero width
        case 0x2028, 0x2029: true  // line and paragraph separator
        case 0xE0000...0xE007F: true  // tags
        default: scalar.properties.isNoncharacterCodePoint
        }
    }

    /// A separator, or what looks like one to people and to other systems.
    static func isSlashLike(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "/", "\\", "\u{2044}", "\u{2215}", "\u{29F8}", "\u{FF0F}", "\u{FF3C}": true
        default: false
        }
    }

    /// Windows opens a device for these names whatever follows the first dot, in any case.
    static func isDeviceName(_ name: String) -> Bool {
        var stem = name.prefix { $0 != "." }
        while stem.last == " " {
            stem.removeLast()
        }
        // As long as the longest.
        guard stem.utf8.count <= "CONOUT$".utf8.count else { return false }
        let folded = stem.uppercased()
        if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(folded) {
            return true
        }
        guard folded.hasPrefix("COM") || folded.hasPrefix("LPT") else { return false }
        let number = folded.dropFirst(3)
        return number.count == 1 && "0123456789\u{B9}\u{B2}\u{B3}".contains(number)
    }
}
