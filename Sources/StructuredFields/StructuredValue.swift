/// A bare item of a structured field (RFC 9651 section 3.3).
package enum StructuredValue: Hashable, Sendable {
    /// At most 15 digits.
    case integer(Int64)
    /// In thousandths: at most 12 digits before the point and 3 after it.
    case decimal(thousandths: Int64)
    /// Printable ASCII.
    case string(String)
    case token(String)
    case bytes([UInt8])
    case boolean(Bool)
    /// Seconds since 1970.
    case date(Int64)
    /// Any text.
    case display(String)

    /// The largest integer there is; the smallest is its negative.
    package static let largestInteger: Int64 = 999_999_999_999_999

    /// Reads a field that holds one item.
    ///
    /// `text` is the value of the only field line, or those of all lines joined by `, ` (RFC 9651 section 4.2). Nil for
    /// anything but one item. The item's parameters must be well formed, and are dropped.
    package init?(field text: String) {
        var parser = StructuredParser(text)
        guard let value = try? parser.wholeItem() else { return nil }
        self = value
    }

    package var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    package var boolean: Bool? {
        if case .boolean(let flag) = self { flag } else { nil }
    }

    package var string: String? {
        if case .string(let text) = self { text } else { nil }
    }

    package var token: String? {
        if case .token(let text) = self { text } else { nil }
    }

    package var bytes: [UInt8]? {
        if case .bytes(let bytes) = self { bytes } else { nil }
    }
}
