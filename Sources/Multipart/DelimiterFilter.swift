/// Tells at which of sixteen offsets a delimiter may begin, by its first five bytes and its last.
struct DelimiterFilter {
    private typealias Block = SIMD16<UInt8>

    private let fifth: Block
    private let last: Block
    private let count: Int

    @inline(__always)
    init(_ line: UnsafeRawPointer, count: Int) {
        fifth = Block(repeating: line.load(fromByteOffset: 4, as: UInt8.self))
        last = Block(repeating: line.load(fromByteOffset: count - 1, as: UInt8.self))
        self.count = count
    }

    /// Whether a CR is among 32 bytes.
    @inline(__always)
    func hasCarriageReturn(_ pointer: UnsafeRawPointer) -> Bool {
        let returns = Block(repeating: ASCII.carriageReturn)
        let found = words(equal(pointer, 0, returns) .| equal(pointer, 16, returns))
        return found[0] | found[1] != 0
    }

    /// A bit of each of the sixteen bytes is set where a delimiter may begin; in the order of the offsets.
    @inline(__always)
    func candidates(_ pointer: UnsafeRawPointer) -> SIMD2<UInt64> {
        let lines =
            equal(pointer, 0, Block(repeating: ASCII.carriageReturn))
            .& equal(pointer, 1, Block(repeating: ASCII.lineFeed))
        let hyphens = Block(repeating: ASCII.hyphen)
        let dashes = equal(pointer, 2, hyphens) .& equal(pointer, 3, hyphens)
        let ends = equal(pointer, 4, fifth) .& equal(pointer, count &- 1, last)
        return words(lines .& dashes .& ends) & SIMD2(repeating: 0x8080_8080_8080_8080)
    }

    @inline(__always)
    private func equal(
        _ pointer: UnsafeRawPointer,
        _ offset: Int,
        _ bytes: Block
    ) -> SIMDMask<SIMD16<Int8>> {
        (pointer + offset).loadUnaligned(as: Block.self) .== bytes
    }

    @inline(__always)
    private func words(_ mask: SIMDMask<SIMD16<Int8>>) -> SIMD2<UInt64> {
        let words = unsafeBitCast(mask, to: SIMD2<UInt64>.self)
        return SIMD2(words[0].littleEndian, words[1].littleEndian)
    }
}
