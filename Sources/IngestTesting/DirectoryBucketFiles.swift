package import Ingest
package import SystemPackage
import Threading

/// Opens files of a directory as jobs see them; nothing is published or removed through it.
package final class DirectoryBucketFiles: BucketFiles {
    private let directory: FilePath
    private let ledger: InMemoryFileLedger
    private let calls: any FileCalls
    private let released = Locked<[FileID]>([])
    private let undecided = Locked<Set<FileID>>([])

    package init(_ directory: FilePath, ledger: InMemoryFileLedger, calls: any FileCalls = PlainFileCalls()) {
        self.directory = directory
        self.ledger = ledger
        self.calls = calls
    }

    /// Files that no job will open any more, in the order they were released.
    package var releasedFiles: [FileID] { released.withLock { $0 } }

    /// As if the file were being compared with its record.
    package func setUndecided(_ file: FileID, _ isUndecided: Bool) {
        undecided.withLock { undecided in
            if isUndecided {
                undecided.insert(file)
            } else {
                undecided.remove(file)
            }
        }
    }

    private func isUndecided(_ file: FileID) -> Bool {
        undecided.withLock { $0.contains(file) }
    }

    package func open(_ file: FileRecord) async throws -> OpenedFile? {
        if isUndecided(file.id) {
            throw IngestError(.undecided, "The file is being compared with its record.")
        }
        let descriptor: FileDescriptor
        do throws(Errno) {
            descriptor = try calls.open(
                directory.pushing(file.path.filePath),
                in: FileDescriptor(rawValue: -100),
                .readNonblocking
            )
        } catch  where error == .noSuchFileOrDirectory {
            ledger.setState(file.id, .gone)
            return nil
        }
        let status = try calls.status(of: descriptor)
        guard status.identity == file.identity else {
            try calls.close(descriptor)
            return nil
        }
        return OpenedFile(descriptor: descriptor, status: status, record: file)
    }

    package func isHeld(_ file: FileID) -> Bool {
        released.withLock { !$0.contains(file) }
    }

    package func releaseHeld(_ file: FileID) {
        released.withLock { $0.append(file) }
    }

    package func publish(_ uploads: [Publishable]) async throws -> [PublishedFile] { throw Self.absent }
    package func open(_ path: BucketPath) async throws -> OpenedFile { throw Self.absent }
    package func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord {
        throw Self.absent
    }
    package func present(_ files: [ForeignFile]) async throws -> [ForeignFile] { throw Self.absent }
    package func present(_ files: [FileRecord]) async throws -> [FilePresence] { throw Self.absent }

    private static let absent = IngestError(.storageFailed, "Not part of the bucket for tests.")
}
