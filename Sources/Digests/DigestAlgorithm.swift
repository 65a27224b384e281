/// A checksum that content is verified with; the raw value is its name in settings, in JSON and in tus.
///
/// In the order of strength, the strongest first.
package enum DigestAlgorithm: String, CaseIterable, Sendable {
    case sha512
    case sha256
    case sha1
    case md5
    /// CRC-32C (Castagnoli), its four bytes in network order.
    case crc32c
    /// The CRC-32 of zlib (ISO-HDLC), its four bytes in network order.
    case crc32

    /// The algorithm of a member of Content-Digest or Repr-Digest; nil when there is none of that key.
    package init?(fieldKey: String) {
        guard let found = Self.allCases.first(where: { $0.fieldKey == fieldKey }) else { return nil }
        self = found
    }

    /// The key in Content-Digest and Repr-Digest, as registered ("Hash Algorithms for HTTP Digest Fields", RFC 9530
    /// section 7.2); nil where none is.
    package var fieldKey: String? {
        switch self {
        case .sha512: "sha-512"
        case .sha256: "sha-256"
        case .sha1: "sha"
        case .md5: "md5"
        case .crc32c: "crc32c"
        case .crc32: nil
        }
    }

    /// The length of a digest in bytes.
    package var byteCount: Int {
        switch self {
        case .sha512: 64
        case .sha256: 32
        case .sha1: 20
        case .md5: 16
        case .crc32c, .crc32: 4
        }
    }

    /// Whether it withstands someone who forges content on purpose; the others find accidents only.
    package var isSecure: Bool { self == .sha512 || self == .sha256 }
}

extension DigestAlgorithm: Comparable {
    /// The stronger is the lesser.
    package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .sha512: 0
        case .sha256: 1
        case .sha1: 2
        case .md5: 3
        case .crc32c: 4
        case .crc32: 5
        }
    }
}
