/// The Content-Disposition of a plain HTTP request, by which the sender of a raw body names its file (RFC 6266).
///
/// Not for the parts of a form, where other rules hold: see `PartHeaders`.
package struct ContentDisposition: Hashable, Sendable {
    /// In lower case: `attachment`, `inline`, ...
    package let type: String
    /// As sent, path included: a hint that the caller must repair.
    ///
    /// `filename*` counts before `filename` when it can be decoded (RFC 6266 section 4.3).
    package let filename: String?

    /// Throws `malformedHeader`, also for a parameter given twice.
    package init(_ value: String) throws(MultipartError) {
        let parameters = try HeaderParameters(value, escapes: .quoteAndBackslash)
        type = parameters.type
        let plain = try parameters.only("filename")
        let extended = try parameters.only("filename*")
        filename = extended.flatMap(Self.extendedValue) ?? plain
    }

    /// Decodes `charset'language'percent-encoded` (RFC 8187 section 3.2): UTF-8, and ISO-8859-1 for old senders.
    static func extendedValue(_ value: String) -> String? {
        let fields = value.utf8.split(separator: UInt8(ascii: "'"), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { return nil }
        var bytes: [UInt8] = []
        var rest = fields[2][...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(ASCII.hexValue), let low = rest.popFirst().flatMap(ASCII.hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        switch Array(fields[0])[...].lowercasedString {
        case "utf-8": return String(validating: bytes, as: UTF8.self)
        case "iso-8859-1": return String(String.UnicodeScalarView(bytes.map(Unicode.Scalar.init)))
        default: return nil
        }
    }
}
