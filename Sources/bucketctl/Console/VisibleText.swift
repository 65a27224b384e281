/// Text of somebody else's for a terminal: what would move the cursor, hide or reorder is shown as `\u{1B}`.
struct VisibleText: CustomStringConvertible {
    let description: String

    init(_ text: String) {
        guard text.unicodeScalars.contains(where: Self.isHidden) else {
            description = text
            return
        }
        var shown = ""
        for scalar in text.unicodeScalars {
            if Self.isHidden(scalar) {
                shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
            } else {
                shown.unicodeScalars.append(scalar)
            }
        }
        description = shown
    }

    private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: true
        default: false
        }
    }
}
