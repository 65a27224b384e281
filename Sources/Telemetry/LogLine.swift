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
        text.appendKey(key, limit: Self.keyLimit)
        text.append("=")
        let quoted = value.isEmpty || value.utf8.contains(where: \.endsBareValue)
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
    fileprivate mutating func appendKey(_ key: String, limit: Int) {
        guard key.utf8.count > limit || !key.utf8.allSatisfy(\.isKeyByte) else { return append(key) }
        for scalar in key.unicodeScalars.prefix(limit) {
            unicodeScalars.append(UInt8(exactly: scalar.value)?.isKeyByte == true ? scalar : "_")
        }
    }

    /// Appends at most `limit` bytes of `source`, whole scalars, then `…` if something was cut.
    fileprivate mutating func appendPrintable(_ source: String, limit: Int, quoting: Bool) {
        guard source.utf8.count > limit || !source.utf8.allSatisfy(\.isPlainText) else { return append(source) }
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

extension UInt8 {
    /// Whether an ASCII byte of a text stands for itself in a line of either form; nearly all do.
    var isPlainText: Bool {
        (0x20...0x7E).contains(self) && self != UInt8(ascii: "\"") && self != UInt8(ascii: "\\")
    }

    fileprivate var isKeyByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    fileprivate var endsBareValue: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\"") || self == UInt8(ascii: "=")
    }
}

extension Unicode.Scalar {
    /// Not C0, DEL, C1, a line or paragraph separator, a bidirectional or other invisible format character.
    var isPrintable: Bool {
        if isASCII { return value >= 0x20 && value != 0x7F }
        switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }
}
