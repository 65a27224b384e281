package import SystemPackage

/// The files in the bucket.
package protocol BucketFiles: Sendable {
    /// Gives sealed uploads their names: all of them are recorded in one transaction, then they appear one by one.
    ///
    /// When it returns, bytes, names and jobs are on stable storage. When it throws, none of the names is visible, and
    /// the sealed uploads are still in the spool for the caller to discard, unless the code is `.outcomeUnknown`: then
    /// they stay, and recovery decides. Runs to its end even if the calling task is cancelled.
    func publish(_ uploads: [Publishable]) async throws -> [PublishedFile]

    /// Opens what has this name, ours or foreign. Throws `.notFound`, `.isDirectory`.
    func open(_ path: BucketPath) async throws -> OpenedFile

    /// Opens this very generation for a job, also when its name is gone while its descriptor is held. Nil if it is gone or
    /// changed; then the ledger knows so.
    ///
    /// Throws `.undecided` where the name holds what may be a copy of it: comparing the two may take long and goes on
    /// behind this call.
    func open(_ file: FileRecord) async throws -> OpenedFile?

    /// Whether a descriptor of this generation is held for its jobs.
    func isHeld(_ file: FileID) -> Bool

    /// No job will open this generation any more: its held descriptor is closed.
    func releaseHeld(_ file: FileID)

    /// Removes our untouched file of this name. Throws `.notFound`, `.isDirectory`, `.notOurs`, `.preconditionFailed`.
    func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord

    /// Which of these generations still have their names, untouched; rows of the others that are gone are marked so.
    func present(_ files: [FileRecord]) async throws -> [FilePresence]

    /// Those of the foreign files that are still there, as they are now.
    func present(_ files: [ForeignFile]) async throws -> [ForeignFile]
}

/// An upload on its way to a name.
package struct Publishable: Sendable {
    package var upload: SealedUpload
    package var destination: Destination
    package var contentType: String?
    package var originalName: String?
    /// The resumable upload that is complete with this publication.
    package var resource: CompletedResource?
    /// The request with a key that brings this file, and the others of the publication.
    package var request: IdempotentRequest?
    /// On whose account it comes (`Uploader.id`); nil: on nobody's.
    package var owner: String?

    package init(
        upload: SealedUpload,
        destination: Destination,
        contentType: String?,
        originalName: String?,
        resource: CompletedResource? = nil
    ) {
        self.upload = upload
        self.destination = destination
        self.contentType = contentType
        self.originalName = originalName
        self.resource = resource
    }
}

/// How a recorded generation stands on disk.
package enum FilePresence: Sendable, Equatable {
    case untouched
    /// Same file, other size or times: others changed it, its digest is void.
    case changedOutside
    case gone
}

/// A file open for reading.
///
/// The descriptor is the receiver's to close.
package struct OpenedFile: Sendable {
    package var descriptor: FileDescriptor
    package var status: FileStatus
    /// Our record, if the open file is that very generation, untouched.
    ///
    /// Only then is its digest the file's ETag.
    package var record: FileRecord?

    package init(descriptor: FileDescriptor, status: FileStatus, record: FileRecord?) {
        self.descriptor = descriptor
        self.status = status
        self.record = record
    }
}
