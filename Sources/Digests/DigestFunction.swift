internal import CLinux
internal import Crypto

/// The state of one digest under way; a value, so that a copy goes its own way.
protocol DigestFunction: Sendable {
    mutating func update(_ bytes: UnsafeRawBufferPointer)
    func digestBytes() -> [UInt8]
}

struct CryptographicDigest<Function: HashFunction>: DigestFunction {
    private var function = Function()

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        function.update(bufferPointer: bytes)
    }

    func digestBytes() -> [UInt8] {
        Array(function.finalize())
    }
}

struct CyclicRedundancyCheck: DigestFunction {
    private var value: UInt32 = 0

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = clinux_crc32c(value, base, bytes.count)
    }

    func digestBytes() -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
