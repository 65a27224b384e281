package import Digests

/// Bytes in flight: the spool.
package protocol UploadStore: Sendable {
    /// A new, empty upload. `expectedLength` in bytes, where the client declared it, lets space be reserved.
    ///
    /// `digests` are computed besides SHA-256, which always is.
    func create(_ id: UploadID, expectedLength: Int64?, digests: Set<DigestAlgorithm>) throws
        -> any UploadWriting

    /// Hashes bytes that are no upload's content, such as the encoding of a form, where it holds back no request.
    func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing

    /// Space on the filesystem that spool and bucket share.
    func space() async throws -> FilesystemSpace
}

extension UploadStore {
    package func create(_ id: UploadID, expectedLength: Int64?) throws -> any UploadWriting {
        try create(id, expectedLength: expectedLength, digests: [])
    }
}

/// Digests of bytes that pass.
package protocol ContentHashing: Sendable {
    func update(_ bytes: ArraySlice<UInt8>) async
    /// The digests of all bytes so far.
    func finalize() async -> [DigestAlgorithm: Digest]
}

/// The one writer of an upload.
///
/// The owner appends, then either seals and publishes, or discards. A call that throws leaves the upload fit only to be
/// discarded.
package protocol UploadWriting: Sendable {
    /// Where whoever appends much had best run: on the thread that writes.
    var executor: (any TaskExecutor)? { get }

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

extension UploadWriting {
    package var executor: (any TaskExecutor)? { nil }
}

/// An upload that is whole and safe in the spool.
package struct SealedUpload: Sendable, Equatable {
    package var id: UploadID
    package var identity: FileIdentity
    package var digest: SHA256Digest
    /// Those that were asked for besides.
    package var digests: [DigestAlgorithm: Digest]

    package init(
        id: UploadID,
        identity: FileIdentity,
        digest: SHA256Digest,
        digests: [DigestAlgorithm: Digest] = [:]
    ) {
        self.id = id
        self.identity = identity
        self.digest = digest
        self.digests = digests
    }

    /// All of its digests.
    package var knownDigests: [DigestAlgorithm: Digest] { digest.joined(by: digests) }
}
