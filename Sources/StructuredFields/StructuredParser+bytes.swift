/// One byte after the other, and what they may be.
extension StructuredParser {
    var next: UInt8? { position < text.count ? text[position] : nil }

    mutating func pop() -> UInt8? {
        guard let byte = next else { return nil }
        position += 1
        return byte
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func takeAll(_ isTaken: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = text[position...].prefix(while: isTaken)
        position = taken.endIndex
        return taken
    }

    mutating func skipSpaces() {
        while take(" ") {}
    }

    mutating func skipBlanks() {
        while take(" ") || take("\t") {}
    }

    mutating func requireEnd() throws(Malformed) {
        skipSpaces()
        guard next == nil else { throw Malformed() }
    }

    /// At most 15 digits.
    static func decimal(_ digits: ArraySlice<UInt8>) -> Int64 {
        digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
    }

    static func hexadecimal(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    static func isAlpha(_ byte: UInt8) -> Bool { isLowercase(byte | 0x20) }

    static func isKey(_ byte: UInt8) -> Bool {
        isLowercase(byte) || isDigit(byte) || [0x5F, 0x2D, 0x2E, 0x2A].contains(byte)
    }

    static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-")...UInt8(ascii: ":"), UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"),
            UInt8(ascii: "~"):
            true
        default: isAlpha(byte)
        }
    }
}
