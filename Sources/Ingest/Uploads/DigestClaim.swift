package import Digests

/// What a client says that some bytes hash to.
package struct DigestClaim: Hashable, Sendable {
    package var digest: Digest
    /// The name of the field that says so, for the answer to name it.
    package var field: String

    package init(_ digest: Digest, field: String) {
        self.digest = digest
        self.field = field
    }
}

extension Sequence<DigestClaim> {
    /// Throws `.digestMismatch` with the claims that are not what was computed.
    ///
    /// A digest of every algorithm that is claimed must have been computed: one that was not counts as different.
    package func verify(against computed: [DigestAlgorithm: Digest]) throws(IngestError) {
        let mismatches = filter { computed[$0.digest.algorithm] != $0.digest }
        guard mismatches.isEmpty else { throw .digestMismatch(mismatches) }
    }
}
