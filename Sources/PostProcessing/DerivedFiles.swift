package import Ingest
package import Jobs
package import Logging

/// What was made of files and lies beside the bucket under their paths: it goes when the file goes.
package struct DerivedFiles: Sendable {
    private let ledger: any FileLedger
    private let locks: FileLocks
    private let remove: @Sendable (BucketPath) async throws -> Void

    /// `remove` removes what is named by a path; it is called under the path's lock, which `locks` share with the job
    /// runner.
    package init(
        ledger: any FileLedger,
        locks: FileLocks,
        remove: @escaping @Sendable (BucketPath) async throws -> Void
    ) {
        self.ledger = ledger
        self.locks = locks
        self.remove = remove
    }

    /// Removes what was made of the file that had this path, unless another generation has it now.
    ///
    /// May be called again for what is gone already. Throws what `remove` throws, and `CancellationError` while it waits
    /// for the path.
    package func removeUnlessHeld(_ path: BucketPath) async throws {
        try await locks.withLock(path) {
            guard try await ledger.file(at: path) == nil else { return }
            try await remove(path)
        }
    }

    /// The same, to its end although the caller may be cancelled.
    ///
    /// A failure is logged: the file's row stays for a while, and housekeeping tries again before it removes that.
    package func removeUnlessHeld(_ path: BucketPath, logger: Logger) async {
        await Task {
            do {
                try await removeUnlessHeld(path)
            } catch {
                logger.warning("thumbnails not removed", metadata: ["file.path": "\(path)", "error": "\(error)"])
            }
        }.value
    }
}
