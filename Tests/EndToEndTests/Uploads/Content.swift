import Glibc

/// Bytes that tell what they are: a line with seed and size, then noise made from the seed.
///
/// So a test that finds a file knows whose upload it is, and whether it is whole, without having kept its bytes.
struct Content: Hashable {
    let seed: UInt64
    let size: Int

    static func random(maxSize: Int) -> Self {
        Self(seed: .random(in: .min ... .max), size: .random(in: 0...maxSize))
    }

    var bytes: [UInt8] {
        var bytes = Array("\(seed) \(size)\n".utf8)
        bytes.reserveCapacity(bytes.count + size + 8)
        let end = bytes.count + size
        var state = seed
        while bytes.count < end {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            withUnsafeBytes(of: state) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - end)
        return bytes
    }

    /// What the bytes say they are, if they are that and whole.
    init?(whole bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        let numbers = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
        guard numbers.count == 2, let seed = UInt64(numbers[0]), let size = Int(numbers[1]) else { return nil }
        self.init(seed: seed, size: size)
        guard self.bytes == bytes else { return nil }
    }

    init(seed: UInt64, size: Int) {
        self.seed = seed
        self.size = size
    }
}
