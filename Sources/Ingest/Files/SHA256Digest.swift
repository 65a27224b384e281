package import Digests

/// The SHA-256 of a file's content.
package struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        guard self.bytes.count == 32 else { return nil }
    }

    /// Nil unless there are 64 lowercase hexadecimal digits.
    package init?(hexadecimal text: String) {
        let digits = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
            default: .max
            }
        }
        guard digits.count == 64, digits.allSatisfy({ $0 < 16 }) else { return nil }
        self.init((0..<32).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] })
    }

    /// Lowercase hexadecimal, as `sha256sum` prints it.
    package var hexadecimal: String { digest.hex }

    package var description: String { hexadecimal }

    /// The same among digests of other algorithms.
    package var digest: Digest {
        guard let digest = Digest(.sha256, bytes: bytes) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }

    func joined(by others: [DigestAlgorithm: Digest]) -> [DigestAlgorithm: Digest] {
        var digests = others
        digests[.sha256] = digest
        return digests
    }
}
