extension StructuredValue {
    /// As it is written in a field (RFC 9651 section 4.1.3); nil for what no field can hold.
    package var text: String? {
        switch self {
        case .integer(let number): Self.number(number)
        case .decimal(let thousandths): Self.decimal(thousandths)
        case .string(let text): Self.quoted(text)
        case .token(let text): Self.isToken(text) ? text : nil
        case .bytes(let bytes): ":\(Base64.encode(bytes)):"
        case .boolean(let flag): flag ? "?1" : "?0"
        case .date(let seconds): Self.number(seconds).map { "@\($0)" }
        case .display(let text): Self.encoded(text)
        }
    }

    private static func number(_ number: Int64) -> String? {
        number.magnitude <= largestInteger.magnitude ? String(number) : nil
    }

    private static func decimal(_ thousandths: Int64) -> String? {
        guard thousandths.magnitude <= largestInteger.magnitude else { return nil }
        let (whole, rest) = thousandths.magnitude.quotientAndRemainder(dividingBy: 1000)
        var fraction = String(String(1000 + rest).dropFirst())
        while fraction.hasSuffix("0"), fraction.utf8.count > 1 { fraction.removeLast() }
        return "\(thousandths < 0 ? "-" : "")\(whole).\(fraction)"
    }

    private static func quoted(_ text: String) -> String? {
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { return nil }
        return "\"" + text.unicodeScalars.map { $0 == "\"" || $0 == "\\" ? "\\\($0)" : "\($0)" }.joined() + "\""
    }

    private static func isToken(_ text: String) -> Bool {
        guard let first = text.utf8.first else { return false }
        let isFirst = first == UInt8(ascii: "*") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20)
        return isFirst && text.utf8.allSatisfy(StructuredParser.isToken)
    }

    private static func encoded(_ text: String) -> String {
        let pieces = text.utf8.map { byte in
            (0x20...0x7E).contains(byte) && byte != UInt8(ascii: "%") && byte != UInt8(ascii: "\"")
                ? String(Unicode.Scalar(byte)) : (byte < 16 ? "%0" : "%") + String(byte, radix: 16)
        }
        return "%\"" + pieces.joined() + "\""
    }
}

extension StructuredDictionary {
    /// As it is written in a field (RFC 9651 section 4.1.2); nil for what no field can hold.
    ///
    /// An empty dictionary is no field at all, and must not be sent.
    package var text: String? {
        var members: [String] = []
        for key in keys {
            guard let member = self[key], Self.isKey(key), let text = Self.text(of: member) else { return nil }
            members.append(member == .item(.boolean(true)) ? key : "\(key)=\(text)")
        }
        return members.joined(separator: ", ")
    }

    private static func text(of member: Member) -> String? {
        guard case .list(let values) = member else { return member.value?.text }
        let texts = values.compactMap(\.text)
        return texts.count == values.count ? "(\(texts.joined(separator: " ")))" : nil
    }

    private static func isKey(_ key: String) -> Bool {
        guard let first = key.utf8.first else { return false }
        let isFirst = first == UInt8(ascii: "*") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        return isFirst && key.utf8.allSatisfy(StructuredParser.isKey)
    }
}
