/// Why a target's query cannot be decoded.
package enum RequestTargetError: Error, Sendable, CaseIterable {
    /// A `%` that is not followed by two hexadecimal digits.
    case badEscape
    /// `%00`
    case nulByte
    /// The decoded bytes are not valid UTF-8.
    case notUTF8

    /// One sentence for the client.
    package var message: String {
        switch self {
        case .badEscape: "The target holds a percent sign that is not followed by two hexadecimal digits."
        case .nulByte: "The target holds an encoded NUL."
        case .notUTF8: "The target is not valid UTF-8 once decoded."
        }
    }
}
