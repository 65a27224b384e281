/// Bytes in flight: the spool.
package protocol UploadStore: Sendable {
    /// A new, empty upload. `expectedLength` in bytes, where the client declared it, lets space be reserved.
    func create(_ id: UploadID, expectedLength: Int64?) async throws -> any UploadWriting

    /// Space on the filesystem that spool and bucket share.
    func space() async throws -> FilesystemSpace
}

/// The one writer of an upload.
///
/// The owner appends, then either seals and publishes, or discards. A call that throws leaves the upload fit only to be
/// discarded.
package protocol UploadWriting: Sendable {
    /// Writes `bytes` at the end and hashes them; returns when they are with the kernel.
    ///
    /// The result is how many bytes the filesystem counts as this upload's by now: those written, or more where blocks
    /// were reserved.
    @discardableResult
    func append(_ bytes: ArraySlice<UInt8>) async throws -> Int64

    /// Makes the upload ready to be published: mode, group, times and checksum attribute set, data on stable storage.
    ///
    /// Nothing may be appended afterwards. A failed sync is final: the file is removed.
    func seal() async throws -> SealedUpload

    /// Removes the upload from the spool, sealed or not; not after publication. Does not throw: what cannot be removed
    /// now is swept at the next start.
    func discard() async
}

/// An upload that is whole and safe in the spool.
package struct SealedUpload: Sendable, Equatable {
    package var id: UploadID
    package var identity: FileIdentity
    package var digest: SHA256Digest

    package init(id: UploadID, identity: FileIdentity, digest: SHA256Digest) {
        self.id = id
        self.identity = identity
        self.digest = digest
    }
}
