/// Takes files that are in the bucket already into a record that lost them.
///
/// Errors and durability as for `FileLedger`.
package protocol FileAdoption: Sendable {
    /// Numbers of files, jobs and events go on above `number`: those that a lost record gave must not come again.
    func skipNumbers(through number: Int64) async throws

    /// Records the files as published, with the jobs that new uploads get, in one transaction.
    ///
    /// Rows that a file `supplants` are called gone. Files whose path another row holds, or is about to, are passed
    /// over. Returns how many were recorded.
    func adopt(_ files: [AdoptedFile]) async throws -> Int
}

/// A file that is proven to be an upload as it was acknowledged.
package struct AdoptedFile: Sendable, Equatable {
    package var path: BucketPath
    package var identity: FileIdentity
    package var digest: SHA256Digest
    /// The rows that hold the path, or are about to, although their own files are gone from there.
    package var supplants: Set<FileID>

    package init(path: BucketPath, identity: FileIdentity, digest: SHA256Digest, supplants: Set<FileID> = []) {
        self.path = path
        self.identity = identity
        self.digest = digest
        self.supplants = supplants
    }

    /// The modification time, which is set when an upload is whole.
    package var uploadedAt: Timestamp { Timestamp(milliseconds: identity.modificationTime / 1_000_000) }
}
