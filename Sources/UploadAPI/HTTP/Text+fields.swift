extension StringProtocol {
    /// Without spaces and tabs at either end.
    func trimmingBlanks() -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        var text = self[...]
        while let first = text.first, isBlank(first) { text.removeFirst() }
        while let last = text.last, isBlank(last) { text.removeLast() }
        return String(text)
    }
}

/// One member of a list field such as `Accept` or `Prefer`: `name=value; parameter=value`.
struct FieldMember: Hashable, Sendable {
    /// In lower case.
    var name: String
    var value: String?
    /// Names in lower case.
    var parameters: [String: String]

    /// The members of a list; quoted strings with commas or semicolons in them are not understood.
    static func list(_ text: String) -> [Self] {
        text.split(separator: ",").map { member in
            let pieces = member.split(separator: ";").map(pair)
            let parameters = Dictionary(pieces.dropFirst().map { ($0.name, $0.value ?? "") }) { first, _ in first }
            return Self(name: pieces.first?.name ?? "", value: pieces.first?.value, parameters: parameters)
        }
    }

    private static func pair(_ text: some StringProtocol) -> (name: String, value: String?) {
        let halves = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = halves.count > 1 ? halves[1].trimmingBlanks().trimmingQuotes() : nil
        return ((halves.first ?? "").trimmingBlanks().lowercased(), value)
    }
}

extension String {
    fileprivate func trimmingQuotes() -> String {
        utf8.count >= 2 && hasPrefix("\"") && hasSuffix("\"") ? String(dropFirst().dropLast()) : self
    }
}
