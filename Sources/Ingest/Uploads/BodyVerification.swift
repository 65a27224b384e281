package import Digests

/// Compares a request's body as it was sent, the encoding of its files included, with what the client says it hashes to.
///
/// Belongs to the task that reads the body.
package struct BodyVerification: Sendable {
    /// What is computed.
    package let algorithms: Set<DigestAlgorithm>
    private let claims: [DigestClaim]
    private let hasher: any ContentHashing

    init(_ claims: [DigestClaim], awaiting awaited: Set<DigestAlgorithm>, store: any UploadStore) {
        self.claims = claims
        algorithms = awaited.union(claims.map(\.digest.algorithm))
        hasher = store.hasher(algorithms)
    }

    /// Takes the next bytes of the body.
    package func update(_ bytes: ArraySlice<UInt8>) async {
        await hasher.update(bytes)
    }

    /// The body is whole: throws `.digestMismatch` if it is not what was claimed, before it or, as `claims`, behind it.
    package func finish(claims more: [DigestClaim] = []) async throws(IngestError) {
        try (claims + more).verify(against: await hasher.finalize())
    }
}
