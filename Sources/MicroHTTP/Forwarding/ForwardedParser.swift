/// Reads `Forwarded` (RFC 7239 section 4): elements between commas, of pairs between semicolons.
struct ForwardedParser {
    private let bytes: [UInt8]
    private var place = 0

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Names in lower case, values without their quotes.
    mutating func elements() throws(Problem) -> [[(name: String, value: String)]] {
        var elements: [[(name: String, value: String)]] = []
        while place < bytes.count {
            var pairs: [(name: String, value: String)] = []
            while true {
                skipBlanks()
                if let pair = try pair() { pairs.append(pair) }
                skipBlanks()
                guard next(is: ";") else { break }
            }
            if !pairs.isEmpty { elements.append(pairs) }
            guard place == bytes.count || next(is: ",") else { throw Self.malformed }
        }
        return elements
    }

    /// Nil where there is none: an empty one counts for nothing.
    private mutating func pair() throws(Problem) -> (name: String, value: String)? {
        let name = token()
        guard !name.isEmpty else { return nil }
        guard next(is: "=") else { throw Self.malformed }
        guard next(is: "\"") else {
            // Addresses with colons are to be in quotes, and are not always.
            let value = take { HTTPBytes.isToken($0) || ":[]".utf8.contains($0) }
            guard !value.isEmpty else { throw Self.malformed }
            return (name.lowercased(), value)
        }
        return (name.lowercased(), try quoted())
    }

    private mutating func quoted() throws(Problem) -> String {
        var value: [UInt8] = []
        while place < bytes.count {
            var byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return String(decoding: value, as: UTF8.self) }
            if byte == UInt8(ascii: "\\") {
                guard place < bytes.count else { break }
                byte = bytes[place]
                place += 1
            }
            value.append(byte)
        }
        throw Self.malformed
    }

    private mutating func token() -> String { take(HTTPBytes.isToken) }

    private mutating func take(_ isTaken: (UInt8) -> Bool) -> String {
        let start = place
        while place < bytes.count, isTaken(bytes[place]) { place += 1 }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    private mutating func skipBlanks() {
        _ = take(HTTPBytes.isBlank)
    }

    private mutating func next(is character: Unicode.Scalar) -> Bool {
        guard place < bytes.count, bytes[place] == UInt8(ascii: character) else { return false }
        place += 1
        return true
    }

    private static let malformed = ForwardedOrigin.refusal("forwarding-malformed", "The Forwarded field is malformed.")
}
