package import Ingest
import SystemPackage
import Threading

/// Decides, before anything is listened for, what a crash left undecided.
///
/// Every step may itself be cut off: run again, it comes to the same end.
package struct Recovery: Sendable {
    let bucket: Bucket
    let uploads: any UploadLedger
    private var calls: any FileCalls { bucket.calls }
    private var state: StateDirectory { bucket.spool.state }

    package init(_ bucket: Bucket, uploads: any UploadLedger) {
        self.bucket = bucket
        self.uploads = uploads
    }

    /// Throws what keeps the daemon from starting.
    package func run() async throws -> RecoverySummary {
        var summary = RecoverySummary()
        var directories: [DirectoryHandle] = []
        var published: [FileID] = []
        var deleted: [FileID] = []
        for record in try await bucket.ledger.unfinishedFiles() {
            guard record.state != .deleting else {
                if try await delete(record, &directories) {
                    deleted.append(record.id)
                } else {
                    summary.putOff += 1
                }
                continue
            }
            switch try await publish(record, &directories, &summary) {
            case .published:
                published.append(record.id)
            case .gone:
                try await bucket.markGone([record.id])
                summary.gone += 1
            case .nameless, .withdrawn:
                try await bucket.watchingForUnknownOutcomes {
                    try await bucket.ledger.withdrawPublication([record.id])
                }
                summary.withdrawn += 1
            }
        }
        // Names first, then the rows that call them safe.
        if bucket.isDurable {
            try await bucket.syncs.sync(directories)
        }
        for file in deleted {
            try await bucket.watchingForUnknownOutcomes { try await bucket.ledger.finishDeletion(of: file) }
        }
        bucket.ledger.confirmPublication(published)
        summary.published += published.count
        summary.deleted += deleted.count
        let resumable = try await resumableUploads(&summary)
        summary.swept = try await sweep(keeping: try await undecided(but: Set(published)).union(resumable))
        return summary
    }

    /// Spool names of rows that are still undecided: none, unless the ledger got new ones.
    private func undecided(but decided: Set<FileID>) async throws -> Set<FilePath> {
        let rest = try await bucket.ledger.unfinishedFiles().filter { !decided.contains($0.id) }
        return Set(rest.flatMap { [FilePath($0.upload.rawValue), $0.upload.graveName] })
    }
}

/// What recovery did, for the log.
package struct RecoverySummary: Sendable, Equatable {
    /// Publications brought to their end.
    package var published = 0
    /// Of these, files that got another name because theirs was taken.
    package var renamed = 0
    /// Files that watchers took before the crash.
    package var gone = 0
    /// Publications given up, none of them acknowledged.
    package var withdrawn = 0
    /// Removals brought to their end.
    package var deleted = 0
    /// Removals left to a later start, because their directories are closed to us.
    package var putOff = 0
    /// Uploads that clients can go on with.
    package var resumable = 0
    /// Uploads whose bytes are not there any more.
    package var lost = 0
    /// Entries of spool and tmp that no row knew.
    package var swept = 0

    package init() {}
}
