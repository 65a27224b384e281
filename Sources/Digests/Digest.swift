internal import StructuredFields

/// A finished digest, computed or claimed by a sender.
package struct Digest: Hashable, Sendable {
    package let algorithm: DigestAlgorithm
    /// As many as `algorithm.byteCount`.
    package let bytes: [UInt8]

    init(algorithm: DigestAlgorithm, verified bytes: [UInt8]) {
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Returns nil when the number of bytes is not the algorithm's.
    package init?(_ algorithm: DigestAlgorithm, bytes: [UInt8]) {
        guard bytes.count == algorithm.byteCount else { return nil }
        self.init(algorithm: algorithm, verified: bytes)
    }

    /// Reads hexadecimal digits of either case; nil when they are none, or too few or many.
    package init?(_ algorithm: DigestAlgorithm, hex: String) {
        guard let bytes = Hexadecimal.decode(hex) else { return nil }
        self.init(algorithm, bytes: bytes)
    }

    /// Reads Base64 with padding (RFC 4648 section 4); nil when it is none, or too short or long.
    package init?(_ algorithm: DigestAlgorithm, base64: String) {
        guard let bytes = Base64.decode(base64) else { return nil }
        self.init(algorithm, bytes: bytes)
    }

    /// In lower case.
    package var hex: String { Hexadecimal.encode(bytes) }
    /// With padding.
    package var base64: String { Base64.encode(bytes) }
    /// The member of a Content-Digest or Repr-Digest field, `sha-256=:...:` (RFC 9530); nil where the algorithm has none.
    package var fieldMember: String? { algorithm.fieldKey.map { "\($0)=\(fieldValue)" } }
    /// The value of that member: a byte sequence (RFC 9651 section 3.3.5).
    package var fieldValue: String { ":\(base64):" }
}

extension Digest: CustomStringConvertible {
    package var description: String { "\(algorithm.rawValue):\(hex)" }
}
