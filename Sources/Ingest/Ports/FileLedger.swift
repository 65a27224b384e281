package import Digests

/// The record of the bucket's files.
///
/// A mutating call returns after its transaction is on stable storage, and throws `IngestError`: with code
/// `.outcomeUnknown` where a commit failed so that only a restart can tell what was kept, with any other code when
/// nothing was changed. Calls that wait at the same time share one transaction.
package protocol FileLedger: Sendable {
    /// Records the files as `publishing` and their jobs as `blocked`, their resumable uploads as `complete`, and their
    /// request if it has a key: all of them or none.
    ///
    /// Rows that hold one of the paths without being `replaces`d become `gone` as by `markGone`: the caller holds the
    /// names' locks and has seen that the names are free on disk. The files come back in the same order. Throws
    /// `.nameTaken` if another publication under one of the paths is not finished.
    func recordPublication(_ files: [NewFile], keepingJobsOf held: Set<FileID>) async throws -> [PublishedFile]

    /// The files have their names: rows `published`, jobs `ready`, events written; replaced rows `superseded`, their
    /// waiting and running jobs cancelled.
    ///
    /// Returns at once; written with the next transaction, at the latest after 50 ms. A crash before that is mended by
    /// recovery.
    func confirmPublication(_ files: [FileID])

    /// The name was taken by others after the record was written: the row gets another path, still `publishing`, and
    /// replaces nothing any more.
    ///
    /// A row that holds the path becomes `gone` as by `recordPublication`.
    func movePublication(_ file: FileID, to path: BucketPath, keepingJobsOf held: Set<FileID>) async throws
        -> FileRecord

    /// The files never got their names: rows `withdrawn`, their jobs removed.
    func withdrawPublication(_ files: [FileID]) async throws

    /// Others took the files: rows `gone`, waiting jobs cancelled with that reason.
    ///
    /// The jobs of files in `held` stay: whoever holds their descriptors lets them run all the same, as jobs do that are
    /// running already. A row `publishing` is taken as confirmed first. Rows in other states than `published`,
    /// `publishing` and `corrupt` are left as they are.
    func markGone(_ files: [FileID], keepingJobsOf held: Set<FileID>) async throws

    /// An untouched file's bytes are not those that were acknowledged.
    func markCorrupt(_ file: FileID) async throws

    /// The file was restored or copied, its content is proven the same: the row takes the new identity.
    func renewIdentity(of file: FileID, _ identity: FileIdentity) async throws

    /// `published | corrupt -> deleting`, waiting and running jobs cancelled. Nil if the row is in another state.
    func beginDeletion(of file: FileID) async throws -> PendingDeletion?
    /// `deleting -> deleted`.
    func finishDeletion(of file: FileID) async throws
    /// The file could not be removed: the row takes its former state again, and the jobs that were cancelled wait again.
    ///
    /// Those that were running begin anew, at no cost of an attempt.
    func revokeDeletion(_ deletion: PendingDeletion) async throws

    /// The row that holds the path (`FileState.holdsName`); only where there is none, the one that is about to
    /// (`publishing`).
    func file(at path: BucketPath) async throws -> FileRecord?
    func file(_ id: FileID) async throws -> FileRecord?
    /// Rows `published` or `corrupt` whose path begins with `prefix`, sorted by path bytes, after `after`; at most `limit`.
    func files(prefix: String, after: BucketPath?, limit: Int) async throws -> [FileRecord]
    /// The newest `limit` rows that are `published`, newest first.
    func newestFiles(limit: Int) async throws -> [FileRecord]
    /// Rows `publishing` or `deleting`, oldest first: what a crash left to be decided.
    func unfinishedFiles() async throws -> [FileRecord]
    /// Bytes of all rows that hold a name, as they are when all publications confirmed so far are written.
    ///
    /// A publication that is not confirmed counts nothing, and takes nothing away from what it replaces.
    func storedBytes() async throws -> Int64
    /// The same of those of one owner, with what its unfinished uploads have.
    func storedBytes(of owner: String) async throws -> Int64
    /// Files that a ticket published, by its `owner`, from their `recordPublication` on; 0 for any other owner.
    func publishedFiles(of owner: String) async throws -> Int
    /// Rows that are `gone`, `superseded`, `deleted` or `withdrawn` since before `moment`, have no job left and are none
    /// of `excluded`, the oldest first; at most `limit`.
    ///
    /// What was derived from them goes before they do, so that nobody forgets it.
    func prunableFiles(endedBefore moment: Timestamp, excluding excluded: [FileID], limit: Int) async throws
        -> [FileRecord]
    /// Removes the rows, those of them that are still in such a state and have no job.
    func pruneFiles(_ files: [FileID]) async throws
    /// Removes events from before `moment`, of the oldest `limit` at most; returns how many.
    ///
    /// It may be fewer than `limit` before the end, where the clock was set back: only 0 means that nothing is left.
    func pruneEvents(before moment: Timestamp, limit: Int) async throws -> Int

    /// Files that others put into the bucket, as the background index knows them: same order and meaning as `files`.
    func foreignFiles(prefix: String, after: BucketPath?, limit: Int) async throws -> [ForeignFile]
    /// Replaces what the index knows of the paths from `first` (excluded) to `last` (included; nil: to the end).
    func replaceForeignFiles(after first: BucketPath?, through last: BucketPath?, with files: [ForeignFile])
        async throws
}

extension FileLedger {
    package func recordPublication(_ files: [NewFile]) async throws -> [FileRecord] {
        try await recordPublication(files, keepingJobsOf: []).map(\.record)
    }

    package func movePublication(_ file: FileID, to path: BucketPath) async throws -> FileRecord {
        try await movePublication(file, to: path, keepingJobsOf: [])
    }

    package func markGone(_ files: [FileID]) async throws {
        try await markGone(files, keepingJobsOf: [])
    }
}

/// A deletion that may still be taken back.
///
/// Lives no longer than the process: after a crash the deletion is finished.
package struct PendingDeletion: Sendable, Equatable {
    package var file: FileID
    /// `published` or `corrupt`.
    package var formerState: FileState
    /// The jobs that were cancelled for it, as they were before.
    package var jobs: [Job]

    package init(file: FileID, formerState: FileState, jobs: [Job]) {
        self.file = file
        self.formerState = formerState
        self.jobs = jobs
    }
}

/// A file to be recorded, before it has its name.
package struct NewFile: Sendable, Equatable {
    package var path: BucketPath
    package var upload: UploadID
    package var identity: FileIdentity
    package var digest: SHA256Digest
    /// Those that were computed besides.
    package var digests: [DigestAlgorithm: Digest]
    package var contentType: String?
    package var originalName: String?
    package var replaces: FileID?
    /// The resumable upload that is complete with this publication.
    package var resource: CompletedResource?
    /// The request with a key that brings this file, and the others of the publication.
    package var request: IdempotentRequest?
    /// On whose account it comes (`Uploader.id`); nil: on nobody's.
    package var owner: String?

    package init(
        path: BucketPath,
        upload: UploadID,
        identity: FileIdentity,
        digest: SHA256Digest,
        digests: [DigestAlgorithm: Digest] = [:],
        contentType: String?,
        originalName: String?,
        replaces: FileID?,
        resource: CompletedResource? = nil
    ) {
        self.path = path
        self.upload = upload
        self.identity = identity
        self.digest = digest
        self.digests = digests
        self.contentType = contentType
        self.originalName = originalName
        self.replaces = replaces
        self.resource = resource
    }
}

/// A file in the bucket that is not ours: served and listed, never touched.
package struct ForeignFile: Sendable, Equatable {
    package var path: BucketPath
    /// Bytes.
    package var size: Int64
    package var modifiedAt: Timestamp

    package init(path: BucketPath, size: Int64, modifiedAt: Timestamp) {
        self.path = path
        self.size = size
        self.modifiedAt = modifiedAt
    }
}
