/// Reads a structured field (RFC 9651 section 4.2).
///
/// Looks at every byte a fixed number of times, whatever a field holds: a head of 32 KiB may hold thousands of keys.
struct StructuredParser {
    struct Malformed: Error {}

    let text: [UInt8]
    var position = 0

    init(_ text: String) {
        self.text = Array(text.utf8)
    }

    mutating func wholeItem() throws(Malformed) -> StructuredValue {
        skipSpaces()
        let value = try item()
        try requireEnd()
        return value
    }

    mutating func wholeDictionary() throws(Malformed) -> StructuredDictionary {
        skipSpaces()
        var dictionary = StructuredDictionary()
        while next != nil {
            let key = try key()
            dictionary[key] = try take("=") ? member() : flag()
            skipBlanks()
            guard next != nil else { break }
            guard take(",") else { throw Malformed() }
            skipBlanks()
            // A comma must be followed by a member.
            guard next != nil else { throw Malformed() }
        }
        return dictionary
    }

    /// A key without a value.
    private mutating func flag() throws(Malformed) -> StructuredDictionary.Member {
        try skipParameters()
        return .item(.boolean(true))
    }

    private mutating func member() throws(Malformed) -> StructuredDictionary.Member {
        guard take("(") else { return .item(try item()) }
        var values: [StructuredValue] = []
        while true {
            skipSpaces()
            if take(")") { break }
            values.append(try item())
            guard next == UInt8(ascii: " ") || next == UInt8(ascii: ")") else { throw Malformed() }
        }
        try skipParameters()
        return .list(values)
    }

    private mutating func item() throws(Malformed) -> StructuredValue {
        let value = try value()
        try skipParameters()
        return value
    }

    private mutating func skipParameters() throws(Malformed) {
        while take(";") {
            skipSpaces()
            _ = try key()
            if take("=") { _ = try value() }
        }
    }

    private mutating func key() throws(Malformed) -> String {
        guard let first = next, Self.isLowercase(first) || first == UInt8(ascii: "*") else { throw Malformed() }
        return String(decoding: takeAll(Self.isKey), as: UTF8.self)
    }

    private mutating func value() throws(Malformed) -> StructuredValue {
        guard let first = next else { throw Malformed() }
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "*"): return .token(String(decoding: takeAll(Self.isToken), as: UTF8.self))
        case _ where Self.isAlpha(first): return .token(String(decoding: takeAll(Self.isToken), as: UTF8.self))
        case UInt8(ascii: ":"): return .bytes(try bytes())
        case UInt8(ascii: "?"): return .boolean(try boolean())
        case UInt8(ascii: "@"): return try date()
        case UInt8(ascii: "%"): return .display(try displayString())
        default: throw Malformed()
        }
    }
}
