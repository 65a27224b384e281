package import Ingest
import Logging
import SystemPackage

extension Bucket {
    /// Proves, in the background, that a file whose inode differs from its row's is a faithful copy: after a restore of
    /// the whole bucket the rows live on.
    ///
    /// Returns at once. Until then the file counts as changed outside.
    package func renewIfCopied(_ record: FileRecord) {
        guard renewals.begin(record.id) else { return }
        Task { @concurrent in
            do {
                try await compareCopy(of: record)
                renewals.end(record.id)
            } catch {
                renewals.end(record.id, failure: error as? IngestError)
                guard !renewals.isStopped else { return }
                spool.logger.warning(
                    "a copied file could not be compared with its record",
                    metadata: ["file.path": "\(record.path)", "error": "\(error)"]
                )
            }
        }
    }

    /// Ends what goes on behind the calls, soon and without waiting for it; nothing of it is begun again.
    package func stopBackgroundWork() {
        renewals.stop()
    }

    /// The row takes the identity of what has its name now, if the content is the recorded one; else it is gone.
    ///
    /// The name is locked for the decision, not for the reading.
    private func compareCopy(of record: FileRecord) async throws {
        guard let identity = try await identity(at: record.path), record.presence(as: identity) == .changedOutside
        else {
            _ = try await settleAbsence(of: record)
            return
        }
        var digest: SHA256Digest?
        if !renewals.isRefuted(record.id, identity) {
            do throws(Errno) {
                digest = try await renewals.digest(of: record.path, beneath: spool.state.bucket, identity)
            } catch .noSuchFileOrDirectory {
                digest = nil
            } catch {
                throw IngestError.storage("The file cannot be read.", error)
            }
        }
        let lease = NameLease(locks)
        try await lease.lock([record.path])
        defer { lease.unlockAll() }
        guard let current = try await unsettled(record), try await self.identity(at: record.path) == identity else {
            return
        }
        guard let digest, digest == current.digest else {
            renewals.refute(current.id, identity)
            try await markGone([current.id])
            return
        }
        try await watchingForUnknownOutcomes {
            try await ledger.renewIdentity(of: current.id, identity)
        }
    }
}
