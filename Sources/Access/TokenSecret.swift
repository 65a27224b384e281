import Crypto
import FoundationEssentials
package import Ingest

/// What the bearer of a token shows.
///
/// Made once and told once: everybody else keeps its SHA-256. It is long enough for that to need no salt and no slow
/// hash.
package struct TokenSecret: Sendable {
    /// The prefix by which scanners of repositories and logs know a leak (RFC 8959).
    private static let scheme = "secret-token:"

    package let text: String

    /// As a client sent it; any text.
    package init(_ text: String) {
        self.text = text
    }

    /// 256 bits from the system's generator.
    package static func random() -> Self {
        let bytes = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0) }
        let base64 = bytes.base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return Self(scheme + base64)
    }

    /// To compare with: it takes as long wherever the first difference is.
    var digest: SHA256.Digest { SHA256.hash(data: Array(text.utf8)) }

    /// What is recorded.
    package var sha256: Ingest.SHA256Digest {
        guard let digest = Ingest.SHA256Digest(digest) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }
}
