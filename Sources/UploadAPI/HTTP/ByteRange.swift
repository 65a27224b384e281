/// What a `Range` field asks of a representation (RFC 9110 section 14).
enum ByteRange: Hashable, Sendable {
    /// Nothing, or what need not be understood: the whole representation.
    case whole
    case part(Range<Int64>)
    /// Beyond the end: 416.
    case unsatisfiable

    /// Several ranges, other units and what breaks the grammar are answered with the whole, as section 14.2 allows.
    init(_ field: String?, length: Int64) {
        self = .whole
        guard let field, let equals = field.firstIndex(of: "="), field[..<equals].lowercased() == "bytes" else {
            return
        }
        let range = field[field.index(after: equals)...].trimmingBlanks()
        guard let dash = range.firstIndex(of: "-"), !range.contains(",") else { return }
        let first = range[..<dash]
        let last = range[range.index(after: dash)...]
        if first.isEmpty {
            guard let count = Self.number(last) else { return }
            self = count == 0 || length == 0 ? .unsatisfiable : .part(max(0, length - count)..<length)
            return
        }
        guard let start = Self.number(first) else { return }
        let end = last.isEmpty ? Int64.max - 1 : Self.number(last)
        guard let end, end >= start else { return }
        self = start >= length ? .unsatisfiable : .part(start..<min(end + 1, length))
    }

    /// Digits only; what does not fit is as good as infinity.
    private static func number(_ text: Substring) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return min(Int64(text) ?? .max, .max - 1)
    }
}
