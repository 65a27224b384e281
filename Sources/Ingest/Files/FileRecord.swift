package import Digests

/// One generation of a file, as the ledger knows it.
package struct FileRecord: Sendable, Equatable {
    package var id: FileID
    package var path: BucketPath
    /// Counts up by one with each replacement under the same path; thumbnails belong to one generation.
    package var generation: Int64
    package var state: FileState
    package var upload: UploadID
    package var identity: FileIdentity
    package var digest: SHA256Digest
    /// What else is known of the same bytes: what its sender claimed and what was computed since.
    package var digests: [DigestAlgorithm: Digest]
    /// As the client declared it: a claim, not a fact.
    package var contentType: String?
    /// The name the client sent, where ours differs from it.
    package var originalName: String?
    /// The generation that this one takes the place of.
    package var replaces: FileID?
    package var createdAt: Timestamp
    /// On whose account it came (`Uploader.id`); nil: on nobody's.
    package var owner: String?

    package init(
        id: FileID,
        path: BucketPath,
        generation: Int64,
        state: FileState,
        upload: UploadID,
        identity: FileIdentity,
        digest: SHA256Digest,
        digests: [DigestAlgorithm: Digest] = [:],
        contentType: String?,
        originalName: String?,
        replaces: FileID?,
        createdAt: Timestamp,
        owner: String? = nil
    ) {
        self.id = id
        self.path = path
        self.generation = generation
        self.state = state
        self.upload = upload
        self.identity = identity
        self.digest = digest
        self.digests = digests
        self.contentType = contentType
        self.originalName = originalName
        self.replaces = replaces
        self.createdAt = createdAt
        self.owner = owner
    }

    /// All of its digests.
    package var knownDigests: [DigestAlgorithm: Digest] { digest.joined(by: digests) }
}

/// The life of a generation.
///
/// `publishing -> published -> superseded | gone | deleting -> deleted`, `publishing -> withdrawn`,
/// `publishing -> gone` (a watcher took it at once), `published -> corrupt`.
package enum FileState: String, Sendable, CaseIterable {
    /// Recorded; its name may or may not be there yet. Recovery decides.
    case publishing
    case published
    /// Replaced by a later generation under the same path.
    case superseded
    /// Moved or deleted by others, as is their right.
    case gone
    /// We are removing it; recovery finishes that.
    case deleting
    case deleted
    /// Never got its name: nothing of it was acknowledged.
    case withdrawn
    /// Untouched by its times and size, but with other bytes than were acknowledged.
    case corrupt

    /// Whether the name in the bucket is this row's.
    package var holdsName: Bool {
        self == .published || self == .corrupt || self == .deleting
    }
}
