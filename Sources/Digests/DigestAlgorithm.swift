internal import Crypto

/// A checksum that uploads are verified with.
package struct DigestAlgorithm: Hashable, Sendable {
    /// The name in settings, in JSON and in tus: `sha256`, `sha512`, `sha1`, `md5`, `crc32c`.
    package let name: String
    /// The key in Content-Digest and Repr-Digest (RFC 9530 section 5): `sha-256`, `sha-512`, `sha`, `md5`, `crc32c`.
    package let fieldKey: String
    /// The length of a digest in bytes.
    package let byteCount: Int
    /// Whether it withstands someone who forges content on purpose; the others find accidents only.
    package let isSecure: Bool

    package static let sha256 = DigestAlgorithm(name: "sha256", fieldKey: "sha-256", byteCount: 32, isSecure: true)
    package static let sha512 = DigestAlgorithm(name: "sha512", fieldKey: "sha-512", byteCount: 64, isSecure: true)
    package static let sha1 = DigestAlgorithm(name: "sha1", fieldKey: "sha", byteCount: 20, isSecure: false)
    package static let md5 = DigestAlgorithm(name: "md5", fieldKey: "md5", byteCount: 16, isSecure: false)
    /// CRC-32C (Castagnoli), its four bytes in network order.
    package static let crc32c = DigestAlgorithm(name: "crc32c", fieldKey: "crc32c", byteCount: 4, isSecure: false)

    /// All of them, the strongest first.
    package static let all = [sha512, sha256, sha1, md5, crc32c]

    /// The algorithm of a setting or of tus; nil when there is none of that name.
    package init?(name: String) {
        guard let found = Self.all.first(where: { $0.name == name }) else { return nil }
        self = found
    }

    /// The algorithm of a Content-Digest or Repr-Digest member; nil when there is none of that key.
    package init?(fieldKey: String) {
        guard let found = Self.all.first(where: { $0.fieldKey == fieldKey }) else { return nil }
        self = found
    }

    private init(name: String, fieldKey: String, byteCount: Int, isSecure: Bool) {
        self.name = name
        self.fieldKey = fieldKey
        self.byteCount = byteCount
        self.isSecure = isSecure
    }

    func makeFunction() -> any DigestFunction {
        switch self {
        case .sha512: CryptographicDigest<SHA512>()
        case .sha1: CryptographicDigest<Insecure.SHA1>()
        case .md5: CryptographicDigest<Insecure.MD5>()
        case .crc32c: CyclicRedundancyCheck()
        default: CryptographicDigest<SHA256>()
        }
    }
}
