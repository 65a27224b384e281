/// A header value of the shape `type; name=value; name="value"`, such as Content-Type and Content-Disposition.
///
/// Read in one pass. Blanks around `;` and `=` and empty parameters are accepted. A value without quotes may hold any
/// byte but blanks, `"` and `;` (senders leave out quotes that the token grammar would require). Sequences that are not
/// UTF-8 become U+FFFD.
package struct HeaderParameters: Hashable, Sendable {
    /// What a backslash means inside quotes.
    package enum Escapes: Sendable {
        /// It takes the next byte as it is (quoted-pair, RFC 9110 section 5.6.4).
        case everyByte
        /// It does so before `"` and `\` only, otherwise it stands for itself: browsers send `\` in file names raw.
        case quoteAndBackslash
    }

    package struct Parameter: Hashable, Sendable {
        /// In lower case.
        package let name: String
        package let value: String
    }

    /// What stands before the first semicolon, in lower case: a token, or two joined by a slash.
    package let type: String
    /// In the order sent.
    package let parameters: [Parameter]

    /// Throws `malformedHeader`.
    package init(_ value: String, escapes: Escapes) throws(MultipartError) {
        try self.init(Array(value.utf8)[...], escapes: escapes)
    }

    init(_ bytes: ArraySlice<UInt8>, escapes: Escapes) throws(MultipartError) {
        var cursor = HeaderCursor(bytes)
        cursor.skipBlanks()
        type = cursor.take { ASCII.isToken($0) || $0 == UInt8(ascii: "/") }.lowercasedString
        guard !type.isEmpty else { throw Self.malformed }
        var parameters: [Parameter] = []
        while true {
            cursor.skipBlanks()
            guard let separator = cursor.next() else { break }
            guard separator == ASCII.semicolon else { throw Self.malformed }
            cursor.skipBlanks()
            let name = cursor.take(while: ASCII.isToken)
            guard !name.isEmpty else { continue }
            cursor.skipBlanks()
            guard cursor.next() == UInt8(ascii: "=") else { throw Self.malformed }
            cursor.skipBlanks()
            let value = try Self.value(&cursor, escapes: escapes)
            parameters.append(Parameter(name: name.lowercasedString, value: value))
        }
        self.parameters = parameters
    }

    /// The value of the parameter, nil when it was not sent.
    ///
    /// Throws `malformedHeader` when it was sent twice.
    package func only(_ name: String) throws(MultipartError) -> String? {
        let found = parameters.filter { $0.name == name }
        guard found.count < 2 else {
            throw MultipartError(.malformedHeader, "The parameter \(name) is given twice.")
        }
        return found.first?.value
    }

    private static func value(_ cursor: inout HeaderCursor, escapes: Escapes) throws(MultipartError) -> String {
        guard cursor.peek == ASCII.quote else {
            let raw = cursor.take { !ASCII.isBlank($0) && $0 != ASCII.semicolon && $0 != ASCII.quote }
            guard !raw.isEmpty, cursor.peek != ASCII.quote else { throw malformed }
            return String(decoding: raw, as: UTF8.self)
        }
        _ = cursor.next()
        var value: [UInt8] = []
        while let byte = cursor.next() {
            if byte == ASCII.quote { return String(decoding: value, as: UTF8.self) }
            guard byte == ASCII.backslash, let escaped = cursor.peek else {
                value.append(byte)
                continue
            }
            if escapes == .everyByte || escaped == ASCII.quote || escaped == ASCII.backslash {
                _ = cursor.next()
                value.append(escaped)
            } else {
                value.append(byte)
            }
        }
        throw malformed
    }

    private static let malformed = MultipartError(.malformedHeader, "A header's parameters are malformed.")
}
