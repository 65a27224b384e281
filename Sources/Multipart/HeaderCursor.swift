/// A position in a header value; every byte is taken once.
struct HeaderCursor {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var peek: UInt8? { rest.first }

    mutating func next() -> UInt8? {
        rest.popFirst()
    }

    mutating func take(while accepted: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        let taken = rest.prefix(while: accepted)
        rest = rest[taken.endIndex...]
        return taken
    }

    mutating func skipBlanks() {
        _ = take(while: ASCII.isBlank)
    }
}

extension ArraySlice<UInt8> {
    var lowercasedString: String {
        String(decoding: lazy.map(ASCII.lowercased), as: UTF8.self)
    }
}
