import CLinux
import Testing

@Suite struct CyclicRedundancyCheckTests {
    private typealias Check = (UInt32, UnsafeRawPointer?, Int) -> UInt32

    private static func agree(_ one: Check, _ other: Check, on count: Int) {
        let bytes = (0..<count + 3).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        bytes.withUnsafeBytes { bytes in
            // Unaligned on purpose.
            let part = UnsafeRawBufferPointer(rebasing: bytes[3...])
            for start: UInt32 in [0, 0xE306_9283, .max] {
                #expect(one(start, part.baseAddress, count) == other(start, part.baseAddress, count))
            }
        }
    }

    /// The definition (RFC 1952 section 8), a bit at a time.
    private static func bitwise(_ polynomial: UInt32) -> Check {
        { start, bytes, count in
            var crc = ~start
            for byte in UnsafeRawBufferPointer(start: bytes, count: count) {
                crc ^= UInt32(byte)
                for _ in 0..<8 {
                    crc = crc & 1 == 1 ? crc >> 1 ^ polynomial : crc >> 1
                }
            }
            return ~crc
        }
    }

    @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 1000, 4099])
    func instructionAndTableAndDefinitionAgree(_ count: Int) {
        Self.agree(clinux_crc32c, clinux_crc32c_portable, on: count)
        Self.agree(clinux_crc32c, Self.bitwise(0x82F6_3B78), on: count)
        Self.agree(clinux_crc32, clinux_crc32_portable, on: count)
        Self.agree(clinux_crc32, Self.bitwise(0xEDB8_8320), on: count)
    }

    @Test func theTablesMeetTheCheckValues() {
        let bytes = Array("123456789".utf8)
        #expect(clinux_crc32c_portable(0, bytes, bytes.count) == 0xE306_9283)
        #expect(clinux_crc32_portable(0, bytes, bytes.count) == 0xCBF4_3926)
    }
}
