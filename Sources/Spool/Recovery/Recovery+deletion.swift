import Ingest
import SystemPackage
import Threading

extension Recovery {
    /// Brings one removal to its end on disk.
    func delete(_ record: FileRecord, _ directories: inout [DirectoryHandle]) async throws {
        directories += try await bucket.threads.names.run { [bucket] () throws(IngestError) in
            try Self.delete(record, bucket)
        }
    }

    private static func delete(_ record: FileRecord, _ bucket: Bucket) throws(IngestError) -> [DirectoryHandle] {
        let spool = bucket.spool.state.spool
        let calls = bucket.calls
        let directory = try existingDirectory(of: record.path, bucket.tree)
        do throws(Errno) {
            if let directory {
                let name = FilePath(bytes: record.path.lastComponent)
                if try found(name, in: directory.descriptor, calls) == record.identity {
                    try calls.rename(name, in: directory.descriptor, to: record.upload.graveName, in: spool)
                }
            }
            if let buried = try found(record.upload.graveName, in: spool, calls) {
                if buried.isSameFile(as: record.identity) {
                    try calls.unlink(record.upload.graveName, in: spool)
                } else {
                    // A file of others that was being put back when the daemon died.
                    let root = bucket.tree.root.descriptor
                    let path = directory == nil ? BucketPath(recorded: Array(record.path.lastComponent)) : record.path
                    try bucket.tree.giveBack(record.upload.graveName, to: path, in: directory?.descriptor ?? root)
                }
            }
        } catch {
            throw .storage("A removal cannot be finished.", error)
        }
        return directory.map { [$0] } ?? []
    }

    static func existingDirectory(of path: BucketPath, _ tree: BucketTree) throws(IngestError) -> DirectoryHandle? {
        do throws(IngestError) {
            return try tree.directory(of: path)
        } catch  where error.code == .nameTaken {
            return nil
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
