import Ingest
import Logging
import SystemPackage
import Threading

extension Recovery {
    /// What recovery finds of the directory that a file is in.
    enum ParentDirectory {
        case open(DirectoryHandle)
        case missing
        /// Others took the right to enter it from us, which must not keep the daemon from starting.
        case closed
    }

    /// Brings one removal to its end on disk; false if it is left to a later start, because its directory is closed.
    func delete(_ record: FileRecord, _ directories: inout [DirectoryHandle]) async throws -> Bool {
        let (isDone, directory) = try await bucket.threads.publication.run { [bucket] () throws(IngestError) in
            try Self.delete(record, bucket)
        }
        directories += directory.map { [$0] } ?? []
        return isDone
    }

    private static func delete(
        _ record: FileRecord,
        _ bucket: Bucket
    ) throws(IngestError) -> (isDone: Bool, DirectoryHandle?) {
        let spool = bucket.spool.state.spool
        let calls = bucket.calls
        let parent = try parentDirectory(of: record.path, bucket)
        let directory: DirectoryHandle? = if case .open(let directory) = parent { directory } else { nil }
        do throws(Errno) {
            if let directory {
                let name = FilePath(bytes: record.path.lastComponent)
                if try found(name, in: directory.descriptor, calls) == record.identity {
                    try calls.rename(name, in: directory.descriptor, to: record.upload.graveName, in: spool)
                }
            }
            if let buried = try found(record.upload.graveName, in: spool, calls) {
                if buried.isSameOrCopy(of: record.identity) {
                    try calls.unlink(record.upload.graveName, in: spool)
                } else {
                    // A file of others that was being put back when the daemon died.
                    let root = bucket.tree.root.descriptor
                    let path = directory == nil ? BucketPath(recorded: Array(record.path.lastComponent)) : record.path
                    try bucket.tree.giveBack(record.upload.graveName, to: path, in: directory?.descriptor ?? root)
                }
            } else if case .closed = parent {
                return (false, nil)
            }
        } catch {
            throw .storage("A removal cannot be finished.", error)
        }
        return (true, directory)
    }

    static func parentDirectory(of path: BucketPath, _ bucket: Bucket) throws(IngestError) -> ParentDirectory {
        do throws(IngestError) {
            return try bucket.tree.directory(of: path).map(ParentDirectory.open) ?? .missing
        } catch  where error.code == .nameTaken {
            return .missing
        } catch  where error.cause == .permissionDenied {
            bucket.spool.logger.warning(
                "a directory of the bucket is closed to the daemon",
                metadata: ["file.path": "\(path)"]
            )
            return .closed
        }
    }

    private static func found(
        _ name: FilePath,
        in directory: FileDescriptor,
        _ calls: any FileCalls
    ) throws(Errno) -> FileIdentity? {
        do throws(Errno) {
            return try calls.status(of: name, in: directory).identity
        } catch .noSuchFileOrDirectory {
            return nil
        }
    }
}
