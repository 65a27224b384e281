/// Takes fixed-width big-endian fields off a message that may be hostile.
struct WireReader: ~Copyable {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func take<Number: FixedWidthInteger & UnsignedInteger>(
        _: Number.Type = Number.self
    ) throws(WireError) -> Number {
        let size = Number.bitWidth / 8
        guard bytes.count - position >= size else { throw .truncated }
        var value: Number = 0
        for byte in bytes[position..<position + size] {
            value = value << 8 | Number(byte)
        }
        position += size
        return value
    }

    mutating func takeText() throws(WireError) -> PrintableText {
        let size = Int(try take(UInt8.self))
        guard bytes.count - position >= size else { throw .truncated }
        let text = PrintableText(exactly: bytes[position..<position + size])
        position += size
        guard let text else { throw .invalidField }
        return text
    }

    /// Checks the two bytes every message begins with.
    mutating func takeHeader(of kind: MessageKind) throws(WireError) {
        guard try take(UInt8.self) == Wire.version else { throw .unknownVersion }
        guard try take(UInt8.self) == kind.rawValue else { throw .unexpectedKind }
    }

    consuming func end() throws(WireError) {
        guard position == bytes.count else { throw .trailingBytes }
    }
}
