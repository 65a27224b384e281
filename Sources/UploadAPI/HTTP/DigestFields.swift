import Digests
import HTTPTypes
import Ingest
import Multipart
import StructuredFields

/// Collects what the fields of a message or part say of its content: `Content-Digest` and `Repr-Digest` (RFC 9530),
/// `Content-MD5` (RFC 1864, obsolete and still sent).
///
/// Nothing is ever decoded here, so that content and representation are the same bytes, and all fields mean those.
struct DigestFields {
    /// How many of what is wrong are told: a field may hold thousands.
    private static let told = 16
    /// Of all fields.
    private static let names: [HTTPField.Name] = [.contentDigest, .reprDigest, .contentMD5]

    private var claims: [DigestClaim] = []
    private var unsupported: [UnsupportedDigest] = []
    private var invalid: [InvalidDigest] = []

    /// Throws what is wrong with the digest fields of a request, or with those of them that are asked for.
    static func claims(
        in fields: HTTPFields,
        of names: [HTTPField.Name] = names
    ) throws(Problem) -> [DigestClaim] {
        var digests = Self()
        for name in names {
            guard let value = fields[name] else { continue }
            if name == .contentMD5 {
                digests.readMD5(value)
            } else {
                digests.read(value, of: name)
            }
        }
        return try digests.result()
    }

    /// The same of a part of a form.
    static func claims(in part: PartHeaders) throws(Problem) -> [DigestClaim] {
        var digests = Self()
        if let value = part.contentDigest {
            digests.read(value, of: .contentDigest)
        }
        if let value = part.contentMD5 {
            digests.readMD5(value)
        }
        return try digests.result()
    }

    private mutating func read(_ value: String, of name: HTTPField.Name) {
        guard let dictionary = StructuredDictionary(field: value) else {
            let reason = "The field is not like sha-256=:BASE64:."
            invalid.append(InvalidDigest(algorithm: nil, field: name.rawName, reason: reason))
            return
        }
        for key in dictionary.keys {
            guard let algorithm = DigestAlgorithm(fieldKey: key) else {
                unsupported.append(UnsupportedDigest(algorithm: key, name: name))
                continue
            }
            let digest = dictionary[key]?.value?.bytes.flatMap { Digest(algorithm, bytes: $0) }
            add(digest, algorithm, called: key, in: name)
        }
    }

    private mutating func readMD5(_ value: String) {
        add(Digest(.md5, base64: value.trimmingBlanks()), .md5, called: "md5", in: .contentMD5)
    }

    /// `digest` is nil where the value is none.
    private mutating func add(
        _ digest: Digest?,
        _ algorithm: DigestAlgorithm,
        called key: String,
        in name: HTTPField.Name
    ) {
        guard let digest else {
            let reason = "The value is not the Base64 of \(algorithm.byteCount) bytes."
            invalid.append(InvalidDigest(algorithm: key, field: name.rawName, reason: reason))
            return
        }
        claims.append(DigestClaim(digest, field: name.rawName))
    }

    /// Unknown algorithms may stand beside known ones; alone they leave the client with a promise that nobody keeps.
    private func result() throws(Problem) -> [DigestClaim] {
        guard invalid.isEmpty else { throw .invalidDigests(Array(invalid.prefix(Self.told))) }
        guard unsupported.isEmpty || !claims.isEmpty else {
            throw .unsupportedDigests(Array(unsupported.prefix(Self.told)))
        }
        return claims
    }
}

/// A digest by an algorithm that is not known.
struct UnsupportedDigest: Hashable {
    /// As the client named it.
    var algorithm: String
    var name: HTTPField.Name
}

/// A digest that cannot be one.
struct InvalidDigest: Hashable {
    /// As the client named it; nil where the field cannot be read at all.
    var algorithm: String?
    var field: String
    /// A sentence.
    var reason: String
}
