import Digests

/// Compares a request's body as it was sent, the encoding of its files included, with what the client says it hashes to.
///
/// Belongs to the task that reads the body.
package struct BodyVerification: Sendable {
    private let claims: [DigestClaim]
    private let hasher: any ContentHashing

    init(_ claims: [DigestClaim], store: any UploadStore) {
        self.claims = claims
        hasher = store.hasher(Set(claims.map(\.digest.algorithm)))
    }

    /// Takes the next bytes of the body.
    package func update(_ bytes: ArraySlice<UInt8>) async {
        await hasher.update(bytes)
    }

    /// The body is whole: throws `.digestMismatch` if it is not what was claimed.
    package func finish() async throws(IngestError) {
        try claims.verify(against: await hasher.finalize())
    }
}
