import FoundationEssentials

/// JSON as it is printed.
enum JSONText {
    /// One line, the members in the order of their names.
    ///
    /// DEL, C1, invisible and bidirectional characters are escaped as well: it may end up on a terminal.
    static func of(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts and numbers make JSON") }
        var text = ""
        // Outside of its strings JSON is ASCII, and what is below a space is escaped already.
        for scalar in String(decoding: data, as: UTF8.self).unicodeScalars {
            if scalar.isASCII && scalar.value != 0x7F || "\(VisibleText(String(scalar)))".unicodeScalars.first == scalar
            {
                text.unicodeScalars.append(scalar)
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text
    }
}
