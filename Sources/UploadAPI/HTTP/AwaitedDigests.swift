import Digests
import HTTPTypes
import Ingest

/// Digests that are to come behind a body, in its trailers (RFC 9530, RFC 9110 section 6.5).
///
/// Whoever announces one is promised that the content is held against it: without it nothing is stored.
struct AwaitedDigests: Hashable, Sendable {
    private static let fields: [HTTPField.Name] = [.contentDigest, .reprDigest, .contentMD5]
    private static let known: Set<DigestAlgorithm> = [.sha256, .sha512, .sha1, .md5, .crc32c]

    private let names: [HTTPField.Name]
    private let announced: [HTTPField.Name]

    /// What `Trailer` announces of these fields.
    init(_ fields: HTTPFields, of names: [HTTPField.Name] = fields) {
        self.names = names
        announced = names.filter { fields.announcesTrailer($0) }
    }

    /// What is to be computed of the body: which of them the trailer holds is not known before it is there.
    var algorithms: Set<DigestAlgorithm> { announced.isEmpty ? [] : Self.known }

    /// What the body must hash to, once its end is there; `computed` is what it can be compared with.
    ///
    /// Throws 400 for a trailer that was announced and did not come, and for one that cannot be verified.
    func claims(in trailers: HTTPFields, computed: Set<DigestAlgorithm>) throws(Problem) -> [DigestClaim] {
        let missing = announced.filter { trailers[$0] == nil }
        guard missing.isEmpty else {
            throw .invalidDigests(
                missing.map { Self.invalid($0.rawName, "The trailer that was announced is missing.") }
            )
        }
        let claims = try DigestFields.claims(in: trailers, of: names)
        let unknown = claims.filter { !computed.contains($0.digest.algorithm) }
        guard unknown.isEmpty else {
            throw .invalidDigests(
                unknown.map { claim in
                    let key = claim.digest.algorithm.fieldKey
                    return Self.invalid(claim.field, "A trailer must be announced in Trailer.", algorithm: key)
                }
            )
        }
        return claims
    }

    private static func invalid(_ field: String, _ reason: String, algorithm: String? = nil) -> InvalidDigest {
        InvalidDigest(algorithm: algorithm, field: field, reason: reason)
    }
}
