/// The bare items (RFC 9651 sections 4.2.4 to 4.2.10).
extension StructuredParser {
    mutating func number() throws(Malformed) -> StructuredValue {
        let sign: Int64 = take("-") ? -1 : 1
        let whole = takeAll(Self.isDigit)
        guard !whole.isEmpty else { throw Malformed() }
        guard take(".") else {
            guard whole.count <= 15 else { throw Malformed() }
            return .integer(sign * Self.decimal(whole))
        }
        let fraction = takeAll(Self.isDigit)
        guard whole.count <= 12, (1...3).contains(fraction.count) else { throw Malformed() }
        let scale: Int64 = fraction.count == 1 ? 100 : fraction.count == 2 ? 10 : 1
        return .decimal(thousandths: sign * (Self.decimal(whole) * 1000 + Self.decimal(fraction) * scale))
    }

    mutating func date() throws(Malformed) -> StructuredValue {
        _ = take("@")
        guard case .integer(let seconds) = try number() else { throw Malformed() }
        return .date(seconds)
    }

    mutating func boolean() throws(Malformed) -> Bool {
        _ = take("?")
        if take("1") { return true }
        guard take("0") else { throw Malformed() }
        return false
    }

    mutating func string() throws(Malformed) -> String {
        _ = take("\"")
        var content: [UInt8] = []
        while let byte = pop() {
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = pop(), escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw Malformed()
                }
                content.append(escaped)
            case 0x20...0x7E: content.append(byte)
            default: throw Malformed()
            }
        }
        throw Malformed()
    }

    /// UTF-8 with all but printable ASCII in lower-case percent-encoding.
    mutating func displayString() throws(Malformed) -> String {
        _ = take("%")
        guard take("\"") else { throw Malformed() }
        var content: [UInt8] = []
        while let byte = pop() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw Malformed() }
                return text
            case UInt8(ascii: "%"):
                guard let high = pop().flatMap(Self.hexadecimal), let low = pop().flatMap(Self.hexadecimal) else {
                    throw Malformed()
                }
                content.append(high << 4 | low)
            case 0x20...0x7E: content.append(byte)
            default: throw Malformed()
            }
        }
        throw Malformed()
    }

    /// Base64, whose padding may be missing (RFC 9651 section 4.2.7).
    mutating func bytes() throws(Malformed) -> [UInt8] {
        _ = take(":")
        var digits = takeAll { $0 != UInt8(ascii: ":") }
        guard take(":") else { throw Malformed() }
        if digits.count % 4 > 1, digits.last != UInt8(ascii: "=") {
            digits += repeatElement(UInt8(ascii: "="), count: 4 - digits.count % 4)
        }
        guard let bytes = Base64.decode(digits) else { throw Malformed() }
        return bytes
    }
}
