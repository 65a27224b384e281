/// Appends fixed-width big-endian fields to a message.
struct WireWriter {
    private(set) var bytes: [UInt8] = []

    init(_ kind: MessageKind) {
        put(Wire.version)
        put(kind.rawValue)
    }

    mutating func put<Number: FixedWidthInteger & UnsignedInteger>(_ value: Number) {
        for shift in stride(from: Number.bitWidth - 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: value >> Number(shift)))
        }
    }

    mutating func put(_ text: PrintableText) {
        put(UInt8(text.bytes.count))
        bytes.append(contentsOf: text.bytes)
    }
}
