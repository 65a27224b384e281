import HTTPTypes
import Ingest
import StructuredFields

/// `Content-Digest` and `Repr-Digest` (RFC 9530), of which SHA-256 is understood.
enum DigestField {
    static func text(_ digest: SHA256Digest) -> String {
        "sha-256=:\(Base64.encode(digest.bytes)):"
    }

    /// The SHA-256 in a field's value, nil where there is none; other algorithms are ignored, as a recipient may.
    ///
    /// Throws for a SHA-256 that is none.
    static func digest(in value: String) throws(Problem) -> SHA256Digest? {
        for member in value.split(separator: ",") {
            let halves = member.split(separator: "=", maxSplits: 1).map { $0.trimmingBlanks() }
            guard halves.first?.lowercased() == "sha-256" else { continue }
            guard let text = halves.last, text.count > 2, text.hasPrefix(":"), text.hasSuffix(":"),
                let digest = Base64.decode(text.dropFirst().dropLast()).flatMap({ SHA256Digest($0) })
            else { throw Problem.invalidDigest }
            return digest
        }
        return nil
    }

    /// What the client says the body hashes to: with no content coding, both fields mean the same.
    static func digest(in fields: HTTPFields) throws(Problem) -> SHA256Digest? {
        var found: SHA256Digest?
        for name in [HTTPField.Name.contentDigest, .reprDigest] {
            guard let value = fields[name], let digest = try digest(in: value) else { continue }
            guard found == nil || found == digest else { throw Problem.invalidDigest }
            found = digest
        }
        return found
    }
}
