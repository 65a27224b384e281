import Digests
import HTTPTypes
import StructuredFields

/// What a `Want-Repr-Digest` or `Want-Content-Digest` asks for (RFC 9530 section 4).
struct DigestPreferences: Hashable, Sendable {
    /// From 0, not acceptable, to 10, most preferred.
    private var weights: [DigestAlgorithm: Int64] = [:]

    /// What cannot be read asks for nothing: the field is but a hint.
    init(_ field: String?) {
        guard let dictionary = field.flatMap(StructuredDictionary.init(field:)) else { return }
        for key in dictionary.keys {
            guard let algorithm = DigestAlgorithm(fieldKey: key), let weight = dictionary[key]?.value?.integer,
                (0...10).contains(weight)
            else { continue }
            weights[algorithm] = weight
        }
    }

    /// The member to answer with: the most preferred one that is known, else SHA-256 unless that is not acceptable.
    func member(from known: [DigestAlgorithm: Digest]) -> String? {
        let wanted = weights.filter { $0.value > 0 && known[$0.key] != nil }
        let best = wanted.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        guard let algorithm = best ?? (weights[.sha256] == 0 ? nil : .sha256) else { return nil }
        return known[algorithm]?.fieldMember
    }

    /// What is told of the algorithms there are: SHA-256 costs nothing more, those that are no good against forgery come
    /// last.
    static let ours: String = {
        let weights: [(DigestAlgorithm, Int)] = [(.sha256, 10), (.sha512, 9), (.sha1, 2), (.md5, 1), (.crc32c, 1)]
        return weights.compactMap { algorithm, weight in algorithm.fieldKey.map { "\($0)=\(weight)" } }
            .joined(separator: ", ")
    }()
}

extension HTTPFields {
    /// The `Repr-Digest` of content with these digests, as the sender of these fields wants it.
    func reprDigest(from known: [DigestAlgorithm: Digest]) -> String? {
        DigestPreferences(self[.wantReprDigest]).member(from: known)
    }
}
