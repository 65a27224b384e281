import Ingest
import Logging
import SystemPackage
import Threading

/// Removes one of our files from the bucket, under its name's lock.
struct Removal: Sendable {
    private let bucket: Bucket
    private let path: BucketPath
    private let precondition: Precondition
    private var calls: any FileCalls { bucket.calls }

    init(_ bucket: Bucket, _ path: BucketPath, _ precondition: Precondition) {
        self.bucket = bucket
        self.path = path
        self.precondition = precondition
    }

    private struct Target: Sendable {
        var directory: DirectoryHandle
        var status: FileStatus
    }

    func run() async throws -> FileRecord {
        let lease = NameLease(bucket.locks)
        try await lease.lock([path])
        defer { lease.unlockAll() }
        try bucket.health.requireHealthy()
        guard let target = try await find() else {
            if let record = try await bucket.ledger.file(at: path), record.state != .deleting {
                try await bucket.markGone([record.id])
            }
            throw precondition == .none || precondition == .absent ? Self.notFound : refusal
        }
        let record = try await ours(target)
        guard let deletion = try await begin(record) else { throw refusal }
        try await takeAway(record, target, deletion)
        try await finish(record, target)
        return record
    }

    private func find() async throws(IngestError) -> Target? {
        try await bucket.threads.publication.run { [bucket, path] () throws(IngestError) in
            do throws(IngestError) {
                guard let directory = try bucket.tree.directory(of: path) else { return nil }
                do throws(Errno) {
                    let name = FilePath(bytes: path.lastComponent)
                    let status = try bucket.calls.status(of: name, in: directory.descriptor)
                    return Target(directory: directory, status: status)
                } catch .noSuchFileOrDirectory {
                    return nil
                } catch {
                    throw .storage("The file cannot be looked up.", error)
                }
            } catch  where error.code == .nameTaken {
                return nil
            }
        }
    }

    /// The record of what has the name, if it is ours and the precondition holds.
    private func ours(_ target: Target) async throws -> FileRecord {
        if target.status.isDirectory {
            throw IngestError(.isDirectory, "The name is a directory's.")
        }
        guard precondition != .absent, target.status.isRegularFile,
            let record = try await bucket.ledger.file(at: path), record.identity == target.status.identity
        else { throw refusal }
        if case .digest(let digests) = precondition, !digests.contains(record.digest) {
            throw refusal
        }
        return record
    }

    private func begin(_ record: FileRecord) async throws -> PendingDeletion? {
        try await bucket.watchingForUnknownOutcomes { [bucket] in
            try await bucket.ledger.beginDeletion(of: record.id)
        }
    }

    private enum Taking: Sendable {
        case taken
        /// Somebody else's file; it has its name again.
        case notOurs
        case missing
        /// Ours, and where it was.
        case failed(Errno)
        /// In the spool, and cannot be put back.
        case stranded(Errno)
    }

    /// bucket/<name> -> spool/<id>.del; when it throws, the row is as it was before, or the outcome unknown.
    private func takeAway(_ record: FileRecord, _ target: Target, _ deletion: PendingDeletion) async throws {
        let taking = await bucket.threads.publication.run { [self] in move(record, target) }
        switch taking {
        case .taken:
            return
        case .notOurs:
            try await revoke(deletion, isGone: true)
            throw refusal
        case .missing:
            try await revoke(deletion, isGone: true)
            throw Self.notFound
        case .failed(let error):
            try await revoke(deletion, isGone: false)
            throw IngestError.storage("The file could not be removed.", error)
        case .stranded(let error):
            bucket.health.fail("a file could not be put back into the bucket: \(error)")
            throw IngestError(.outcomeUnknown, "Whether the file was removed is unknown.", cause: error)
        }
    }

    private func move(_ record: FileRecord, _ target: Target) -> Taking {
        let grave = record.upload.graveName
        let spool = bucket.spool.state.spool
        let directory = target.directory.descriptor
        do throws(Errno) {
            try calls.rename(FilePath(bytes: path.lastComponent), in: directory, to: grave, in: spool)
        } catch .noSuchFileOrDirectory {
            return .missing
        } catch {
            return .failed(error)
        }
        let found: Result<FileStatus, Errno>
        do throws(Errno) {
            found = .success(try calls.status(of: grave, in: spool))
        } catch {
            found = .failure(error)
        }
        if case .success(let status) = found, status.identity == record.identity {
            return .taken
        }
        do throws(Errno) {
            try bucket.tree.giveBack(grave, to: path, in: directory)
        } catch {
            return .stranded(error)
        }
        guard case .failure(let error) = found else { return .notOurs }
        return .failed(error)
    }

    private func revoke(_ deletion: PendingDeletion, isGone: Bool) async throws {
        try await bucket.watchingForUnknownOutcomes { [bucket] in
            try await bucket.ledger.revokeDeletion(deletion)
        }
        if isGone {
            try await bucket.markGone([deletion.file])
        }
    }

    private func finish(_ record: FileRecord, _ target: Target) async throws {
        if bucket.isDurable {
            try await bucket.syncs.sync(target.directory)
        }
        bucket.spool.held.release(record.id)
        let outcome = await bucket.threads.publication.result { [bucket] () throws(Errno) in
            try bucket.calls.unlink(record.upload.graveName, in: bucket.spool.state.spool)
        }
        // The name is gone, safely, and the row says why: what fails from here on, the next start does.
        if case .failure(let error) = outcome {
            warn("a removed file keeps its space until the next start", error)
            return
        }
        do {
            try await bucket.watchingForUnknownOutcomes { [bucket] in
                try await bucket.ledger.finishDeletion(of: record.id)
            }
        } catch {
            warn("a removal is written down by the next start only", error)
        }
    }

    private func warn(_ message: Logger.Message, _ error: any Error) {
        bucket.spool.logger.warning(message, metadata: ["file.path": "\(path)", "error": "\(error)"])
    }

    private var refusal: IngestError {
        precondition == .none
            ? IngestError(.notOurs, "The name holds a file that was put there or changed by others.")
            : IngestError(.preconditionFailed, "What the name holds is not what the request expects.")
    }

    private static let notFound = IngestError(.notFound, "There is no such file.")
}

extension UploadID {
    /// Where a file that is being removed waits for its end in the spool.
    var graveName: FilePath { FilePath(rawValue + ".del") }
}
