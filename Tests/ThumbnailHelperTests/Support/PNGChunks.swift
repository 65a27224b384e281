/// PNG files taken apart and put together again (W3C PNG, section 5).
enum PNGChunks {
    private static let headerEnd = 8 + 25

    /// `png` with another size in its header, and that header's checksum put right.
    static func resized(_ png: [UInt8], width: UInt32, height: UInt32) -> [UInt8] {
        let header = bigEndian(width) + bigEndian(height) + png[24..<29]
        return Array(png.prefix(8)) + chunk("IHDR", header) + Array(png.dropFirst(headerEnd))
    }

    /// `png` with a chunk after its header.
    static func insert(_ chunk: [UInt8], into png: [UInt8]) -> [UInt8] {
        Array(png.prefix(headerEnd)) + chunk + Array(png.dropFirst(headerEnd))
    }

    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    /// CRC-32 as PNG, section D.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xedb8_8320 : sum >> 1 }
        }
    }
}
