internal import CLinux
internal import Crypto

/// The state of one digest under way; a value, so that a copy goes its own way.
protocol DigestFunction: Sendable {
    mutating func update(_ bytes: UnsafeRawBufferPointer)
    func digestBytes() -> [UInt8]
}

extension DigestAlgorithm {
    func makeFunction() -> any DigestFunction {
        switch self {
        case .sha512: CryptographicDigest<SHA512>()
        case .sha256: CryptographicDigest<SHA256>()
        case .sha1: CryptographicDigest<Insecure.SHA1>()
        case .md5: CryptographicDigest<Insecure.MD5>()
        case .crc32c: CyclicRedundancyCheck(clinux_crc32c)
        case .crc32: CyclicRedundancyCheck(clinux_crc32)
        }
    }
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
    /// The check of earlier bytes and more.
    typealias Step = @convention(c) (UInt32, UnsafeRawPointer?, Int) -> UInt32

    private let step: Step
    private var value: UInt32 = 0

    init(_ step: Step) {
        self.step = step
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        value = step(value, base, bytes.count)
    }

    func digestBytes() -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
