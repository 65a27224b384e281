import CLinux
import Testing

@Suite struct CyclicRedundancyCheckTests {
    @Test(arguments: [0, 1, 7, 8, 9, 15, 16, 17, 1000, 4099])
    func theInstructionAndTheTableAgree(_ count: Int) {
        let bytes = (0..<count + 3).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ 13) }
        bytes.withUnsafeBytes { bytes in
            // Unaligned on purpose.
            let part = UnsafeRawBufferPointer(rebasing: bytes[3...])
            for start: UInt32 in [0, 0xE306_9283, .max] {
                let byInstruction = clinux_crc32c(start, part.baseAddress, count)
                #expect(byInstruction == clinux_crc32c_portable(start, part.baseAddress, count))
            }
        }
    }

    @Test func theTableMeetsTheCheckValue() {
        let bytes = Array("123456789".utf8)
        #expect(clinux_crc32c_portable(0, bytes, bytes.count) == 0xE306_9283)
    }
}
