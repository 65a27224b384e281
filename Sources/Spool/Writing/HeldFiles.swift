import Ingest
import SystemPackage
import Threading

/// Read-only descriptors of the newest files, opened before publication.
///
/// A watcher may take a file in the moment it appears; with its descriptor the file's jobs still run.
final class HeldFiles: Sendable {
    private let calls: any FileCalls
    private let threads: BlockingThreads
    private let entries: Locked<HeldEntries>

    /// Holds at most `limit`: the oldest is dropped first.
    ///
    /// Descriptors are closed on `threads`: the last close of a removed file frees its blocks, which takes time.
    init(limit: Int, calls: any FileCalls, threads: BlockingThreads) {
        self.calls = calls
        self.threads = threads
        entries = Locked(HeldEntries(limit: limit))
    }

    deinit {
        for descriptor in entries.withLock({ $0.removeAll() }) {
            try? calls.close(descriptor)
        }
    }

    /// Takes over the descriptor, and closes the one that must make room for it, which may block.
    func hold(_ descriptor: FileDescriptor, for upload: UploadID) {
        if let oldest = entries.withLock({ $0.insert(descriptor, for: upload) }) {
            try? calls.close(oldest)
        }
    }

    /// The upload has its record; again, when the record gets another path.
    func assign(_ upload: UploadID, to record: FileRecord) {
        entries.withLock { $0.assign(upload, to: record.id, at: record.path) }
    }

    func release(_ upload: UploadID) {
        close(entries.withLock { $0.remove(upload) })
    }

    func release(_ file: FileID) {
        close(entries.withLock { $0.remove(file) })
    }

    func holds(_ file: FileID) -> Bool {
        entries.withLock { $0.descriptor(of: file) != nil }
    }

    /// Which held files got one of these paths: if watchers took them, their jobs still run.
    func files(at paths: [BucketPath]) -> Set<FileID> {
        entries.withLock { entries in
            paths.reduce(into: []) { $0.formUnion(entries.files(at: $1)) }
        }
    }

    /// A descriptor of its own for the caller; nil if none is held.
    ///
    /// Blocks for a moment only.
    func duplicate(_ file: FileID) throws(Errno) -> FileDescriptor? {
        // Under the lock, so that the descriptor is not closed, and its number used again, meanwhile.
        try entries.withLock { entries throws(Errno) in
            guard let descriptor = entries.descriptor(of: file) else { return nil }
            return try calls.duplicate(descriptor)
        }
    }

    private func close(_ descriptor: FileDescriptor?) {
        guard let descriptor else { return }
        threads.start { [calls] in try? calls.close(descriptor) }
    }
}
