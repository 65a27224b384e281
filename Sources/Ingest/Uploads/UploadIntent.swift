/// What a client wants to upload, whatever the protocol it said it in.
package struct UploadIntent: Sendable {
    package var destination: Destination
    /// Bytes, where the client declared them; the upload must then be exactly as long.
    package var length: Int64?
    /// What the content must hash to, where the client declared it.
    package var digest: SHA256Digest?
    package var contentType: String?
    /// The name the client sent, where it was repaired.
    package var originalName: String?

    package init(
        destination: Destination,
        length: Int64? = nil,
        digest: SHA256Digest? = nil,
        contentType: String? = nil,
        originalName: String? = nil
    ) {
        self.destination = destination
        self.length = length
        self.digest = digest
        self.contentType = contentType
        self.originalName = originalName
    }
}
