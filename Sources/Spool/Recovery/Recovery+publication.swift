import Ingest
import Logging
import SystemPackage
import Threading

extension Recovery {
    enum PublicationEnd {
        case published
        /// A watcher took the file.
        case gone
        /// A directory of its path is a file by now, or closed to us; nothing was acknowledged.
        case nameless
        /// What it was to replace has the name: it was withdrawn, and that could not be recorded.
        case withdrawn
    }

    /// Brings one publication to its end on disk.
    func publish(
        _ record: FileRecord,
        _ directories: inout [DirectoryHandle],
        _ summary: inout RecoverySummary
    ) async throws -> PublicationEnd {
        // Only the rename removes the spool file: without it the file had its name.
        guard try await spoolHolds(record) else {
            guard let found = try await bucket.identity(at: record.path) else { return .gone }
            if !found.isSameFile(as: record.identity) {
                if let replaces = record.replaces, try await bucket.ledger.file(replaces)?.identity == found {
                    return .withdrawn
                }
                // Ledger and files were copied just before the confirmation, and restored: whoever reads it proves the rest.
                guard found.looksLikeCopy(of: record.identity) else { return .gone }
            }
            directories += try await ancestors(of: record.path)
            return .published
        }
        var record = record
        var progress = Appearance.Progress()
        while true {
            let placement = try await placement(of: record)
            progress = await bucket.threads.publication.run { [appearance = Appearance(bucket), progress] in
                appearance.run([placement], from: progress)
            }
            switch progress.stop {
            case nil:
                directories += try await ancestors(of: record.path)
                return .published
            case .failed(let error) where error.code == .nameTaken || error.cause == .permissionDenied:
                bucket.spool.logger.warning(
                    "an upload that was never acknowledged cannot get its name",
                    metadata: ["file.path": "\(record.path)", "error": "\(error)"]
                )
                return .nameless
            case .failed(let error):
                throw error
            case .taken:
                record = try await rename(record)
                progress.stop = nil
                summary.renamed += 1
            }
        }
    }

    /// The directory of a path and all above it: nobody remembers which of them were made just before the crash.
    private func ancestors(of path: BucketPath) async throws(IngestError) -> [DirectoryHandle] {
        try await bucket.threads.publication.run { [bucket] () throws(IngestError) in
            var handles: [DirectoryHandle] = []
            var current: BucketPath? = path
            while let path = current {
                if case .open(let directory) = try Self.parentDirectory(of: path, bucket) {
                    handles.append(directory)
                }
                current = path.directory
            }
            return handles
        }
    }

    private func spoolHolds(_ record: FileRecord) async throws -> Bool {
        do throws(Errno) {
            return try await bucket.threads.publication.run { [bucket] () throws(Errno) in
                let name = FilePath(record.upload.rawValue)
                let found = try bucket.calls.status(of: name, in: bucket.spool.state.spool).identity
                guard !found.isSameOrCopy(of: record.identity) else { return true }
                // A file of others that was being put back when the daemon died.
                let directory = bucket.tree.root.descriptor
                try bucket.tree.giveBack(
                    name,
                    to: BucketPath(recorded: Array(record.path.lastComponent)),
                    in: directory
                )
                return false
            }
        } catch .noSuchFileOrDirectory {
            return false
        } catch {
            throw IngestError.storage("The spool cannot be read.", error)
        }
    }

    private func placement(of record: FileRecord) async throws -> Placement {
        let sealed = SealedUpload(id: record.upload, identity: record.identity, digest: record.digest)
        var placement = Placement(
            publishable: Publishable(
                upload: sealed,
                destination: Destination(path: record.path, collision: .rename),
                contentType: record.contentType,
                originalName: record.originalName
            ),
            path: record.path
        )
        if let replaces = record.replaces {
            placement.replaced = try await bucket.ledger.file(replaces)
        }
        return placement
    }

    private func rename(_ record: FileRecord) async throws -> FileRecord {
        let lease = NameLease(bucket.locks)
        defer { lease.unlockAll() }
        let choice = NameChoice(
            tree: bucket.tree,
            calls: bucket.calls,
            ledger: bucket.ledger,
            lease: lease,
            hints: bucket.hints,
            threads: bucket.threads.publication
        )
        let path = try await choice.next(for: record.path, assigned: [])
        return try await bucket.watchingForUnknownOutcomes { [bucket] in
            try await bucket.ledger.movePublication(record.id, to: path, keepingJobsOf: [])
        }
    }
}
