package import Logging

/// Text of one log event: always one line, of printable characters, with bounded values.
///
/// What a client sent ends up in metadata, so nothing in it may begin a line, move a terminal's cursor, reverse the
/// reading direction or fill the disk.
package struct LogLine {
    /// The most bytes of a metadata value that are kept.
    package static let valueLimit = 256
    package static let messageLimit = 1024
    private static let keyLimit = 64

    package private(set) var text: String

    package init(prefix: String, message: String) {
        text = prefix
        text.appendPrintable(message, limit: Self.messageLimit, quoting: false)
    }

    /// Appends ` key=value`; the value is quoted if it is empty or holds a space, a quote or an equals sign.
    package mutating func append(key: String, value: String) {
        text.append(" ")
        text.append(contentsOf: key.unicodeScalars.prefix(Self.keyLimit).map { $0.isKeyScalar ? Character($0) : "_" })
        text.append("=")
        let quoted = value.isEmpty || value.unicodeScalars.contains { " \"=".unicodeScalars.contains($0) }
        if quoted { text.append("\"") }
        text.appendPrintable(value, limit: Self.valueLimit, quoting: quoted)
        if quoted { text.append("\"") }
    }

    /// Appends every pair, in the keys' order.
    package mutating func append(_ metadata: Logger.Metadata) {
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            append(key: key, value: value.description)
        }
    }
}

extension String {
    /// Appends at most `limit` bytes of `source`, whole scalars, then `…` if something was cut.
    fileprivate mutating func appendPrintable(_ source: String, limit: Int, quoting: Bool) {
        var taken = 0
        for scalar in source.unicodeScalars {
            taken += UTF8.width(scalar)
            guard taken <= limit else {
                append("…")
                return
            }
            switch scalar {
            case "\n": append("\\n")
            case "\r": append("\\r")
            case "\t": append("\\t")
            case "\\": append("\\\\")
            case "\"" where quoting: append("\\\"")
            case _ where scalar.isPrintable: unicodeScalars.append(scalar)
            default: append("\\u{\(String(scalar.value, radix: 16))}")
            }
        }
    }
}

extension Unicode.Scalar {
    fileprivate var isKeyScalar: Bool {
        isASCII && (properties.isAlphabetic || ("0"..."9").contains(self) || self == "." || self == "-" || self == "_")
    }

    /// Not C0, DEL, C1, a line or paragraph separator, a bidirectional or other invisible format character.
    var isPrintable: Bool {
        if isASCII { return value >= 0x20 && value != 0x7F }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }
}
