import Digests
import HTTPTypes
import Ingest

/// The problems of digest fields, as they are registered (HTTP Problem Types).
extension Problem {
    /// Says in the field's own `Want-` counterpart what would be understood.
    static func unsupportedDigests(_ digests: [UnsupportedDigest]) -> Self {
        let names = digests.map(\.algorithm).joined(separator: ", ")
        var problem = registered(
            "digest-unsupported-algorithms",
            "No algorithm of the digests is known.",
            detail: "The digest is sent by \(names); known are \(DigestPreferences.ours)."
        )
        problem.members = [
            list(
                "unsupported_algorithms",
                digests.map { ["algorithm": .string($0.algorithm), "header": .string($0.name.rawName)] }
            )
        ]
        for digest in digests {
            problem.headers[digest.name == .reprDigest ? .wantReprDigest : .wantContentDigest] = DigestPreferences.ours
        }
        return problem
    }

    static func invalidDigests(_ digests: [InvalidDigest]) -> Self {
        var problem = registered(
            "digest-invalid-values",
            "A digest is malformed.",
            detail: digests.first.map { "\($0.field): \($0.reason)" } ?? "A digest is malformed."
        )
        problem.members = [
            list(
                "invalid_digests",
                digests.map { digest in
                    [
                        "algorithm": digest.algorithm.map(JSONValue.string), "header": .string(digest.field),
                        "reason": .string(digest.reason),
                    ]
                }
            )
        ]
        return problem
    }

    /// Tells what was claimed and never what was computed: whoever guesses content must not be told of it.
    static func mismatchedDigests(_ claims: [DigestClaim], detail: String) -> Self {
        var problem = registered(
            "digest-mismatched-values",
            "The body is not what its digest says.",
            detail: detail
        )
        problem.members = [
            list(
                "mismatched_digests",
                claims.map { claim in
                    [
                        "algorithm": .string(claim.digest.algorithm.fieldKey ?? claim.digest.algorithm.rawValue),
                        "provided_digest": .string(claim.digest.fieldValue), "header": .string(claim.field),
                    ]
                }
            )
        ]
        return problem
    }

    private static func registered(_ rule: String, _ title: String, detail: String) -> Self {
        var problem = Self(.badRequest, rule, title, detail: detail)
        problem.isRegistered = true
        return problem
    }

    private static func list(_ name: String, _ entries: [KeyValuePairs<String, JSONValue?>]) -> JSONMember {
        JSONMember(name: name, value: .array(entries.map(JSONValue.members)))
    }
}
