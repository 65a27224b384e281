package import Digests

/// What a client wants to upload, whatever the protocol it said it in.
package struct UploadIntent: Sendable {
    package var destination: Destination
    /// Bytes, where the client declared them; the upload must then be exactly as long.
    package var length: Int64?
    /// What the content must hash to, all of them.
    package var claims: [DigestClaim]
    /// What is computed for claims that come after the content, in trailers; SHA-256 always is.
    package var awaitedDigests: Set<DigestAlgorithm> = []
    package var contentType: String?
    /// The name the client sent, where it was repaired.
    package var originalName: String?

    package init(
        destination: Destination,
        length: Int64? = nil,
        claims: [DigestClaim] = [],
        contentType: String? = nil,
        originalName: String? = nil
    ) {
        self.destination = destination
        self.length = length
        self.claims = claims
        self.contentType = contentType
        self.originalName = originalName
    }

    /// What is computed beside SHA-256.
    package var digests: Set<DigestAlgorithm> { awaitedDigests.union(claims.map(\.digest.algorithm)) }
}
