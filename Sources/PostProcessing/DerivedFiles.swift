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
    /// A failure is logged: the file is gone already, and the next one's thumbnails are not to stay for it.
    package func removeUnlessHeld(_ path: BucketPath, logger: Logger) async {
        // A task of its own, because it must not be cut short: nothing would come back to it.
        await Task {
            do {
                try await locks.withLock(path) {
                    guard try await ledger.file(at: path) == nil else { return }
                    try await remove(path)
                }
            } catch {
                logger.warning("thumbnails not removed", metadata: ["file.path": "\(path)", "error": "\(error)"])
            }
        }.value
    }
}
