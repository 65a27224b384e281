package import Digests

/// The SHA-256 of a file's content.
package struct SHA256Digest: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    /// Nil unless there are 32 bytes.
    package init?(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
        guard self.bytes.count == 32 else { return nil }
    }

    /// Lowercase hexadecimal, as `sha256sum` prints it.
    package var hexadecimal: String {
        let digits = Array("0123456789abcdef".utf8)
        return String(unsafeUninitializedCapacity: 64) { text in
            for (place, byte) in bytes.enumerated() {
                text[2 * place] = digits[Int(byte >> 4)]
                text[2 * place + 1] = digits[Int(byte & 15)]
            }
            return 64
        }
    }

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
