package import Digests

/// What a client says when it begins an upload that may outlive its request, and is its own.
package struct NewUpload: Sendable {
    /// Bytes, if they are known yet.
    package var length: Int64?
    /// What is to become of it, for the protocol to read again when it is whole.
    package var request: [UInt8]
    /// Bytes that it may have; nil: what one file may, 0: any number.
    package var maxSize: Int64?
    /// What claims need that are known by now, besides SHA-256.
    package var digests: Set<DigestAlgorithm> = []
    package var aim = UploadAim()
    /// Uploads that it is to be made of when all of them are whole; empty for one that the client sends.
    package var pieces: [UploadID]

    package init(length: Int64?, request: [UInt8], pieces: [UploadID] = []) {
        self.length = length
        self.request = request
        self.pieces = pieces
    }
}
