package import Ingest
import SystemPackage
import Threading

/// The bucket's files: published, read and removed.
package final class Bucket: BucketFiles {
    let spool: FileSpool
    let ledger: any FileLedger
    let tree: BucketTree
    let syncs: GroupSync
    let spoolHandle: DirectoryHandle
    let locks = NameLocks()
    let hints = NameHints()
    let renewals: CopyRenewals

    var health: Health { spool.health }
    var threads: SpoolThreads { spool.threads }
    var calls: any FileCalls { spool.state.calls }
    var isDurable: Bool { spool.state.options.durability == .full }

    /// Blocks for a moment; `Recovery` must have run before anything is published.
    package init(_ spool: FileSpool, ledger: any FileLedger) throws(IngestError) {
        self.spool = spool
        self.ledger = ledger
        do throws(Errno) {
            tree = try BucketTree(spool.state)
            spoolHandle = try DirectoryHandle(borrowing: spool.state.spool, spool.state.calls)
        } catch {
            throw .storage("The bucket cannot be read.", error)
        }
        syncs = GroupSync(calls: spool.state.calls, threads: spool.threads.publication, health: spool.health)
        renewals = CopyRenewals(calls: spool.state.calls, threads: spool.threads.background)
    }

    package func publish(_ uploads: [Publishable]) async throws -> [PublishedFile] {
        guard !uploads.isEmpty else { return [] }
        // A task of its own: whoever waits may be cancelled, what was begun is finished.
        return try await Task(executorPreference: threads.publication.executor) {
            var publication = Publication(self)
            return try await publication.run(uploads)
        }.value
    }

    package func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord {
        try await Task(executorPreference: threads.publication.executor) {
            try await Removal(self, path, precondition).run()
        }.value
    }

    package func isHeld(_ file: FileID) -> Bool {
        spool.held.holds(file)
    }

    package func releaseHeld(_ file: FileID) {
        spool.held.release(file)
    }

    /// Runs a call of the ledger; a commit whose outcome nobody knows ends all writing.
    func watchingForUnknownOutcomes<Value: Sendable>(
        _ call: () async throws -> Value
    ) async throws -> Value {
        do {
            return try await call()
        } catch let error as IngestError {
            if error.code == .outcomeUnknown {
                health.fail("a commit has an unknown outcome: \(error)")
            }
            throw error
        }
    }

    /// Rows of files that others took; jobs of those that are still held go on.
    func markGone(_ files: [FileID]) async throws {
        try await watchingForUnknownOutcomes {
            try await ledger.markGone(files, keepingJobsOf: Set(files.filter(spool.held.holds)))
        }
    }
}
