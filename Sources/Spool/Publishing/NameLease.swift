import Ingest
import Threading

/// The names that one publication holds.
final class NameLease: Sendable {
    private let locks: NameLocks
    private let paths = Locked<Set<BucketPath>>([])

    init(_ locks: NameLocks) {
        self.locks = locks
    }

    /// Waits for all of these names; only as the first thing.
    func lock(_ wanted: Set<BucketPath>) async throws(CancellationError) {
        try await locks.lock(wanted)
        paths.withLock { $0.formUnion(wanted) }
    }

    /// Whether the name is this lease's, now or already; does not wait.
    func tryLock(_ path: BucketPath) -> Bool {
        paths.withLock { paths in
            guard !paths.contains(path) else { return true }
            guard locks.tryLock(path) else { return false }
            paths.insert(path)
            return true
        }
    }

    func holds(_ path: BucketPath) -> Bool {
        paths.withLock { $0.contains(path) }
    }

    func unlock(_ path: BucketPath) {
        if paths.withLock({ $0.remove(path) }) != nil {
            locks.unlock(CollectionOfOne(path))
        }
    }

    func unlockAll() {
        let all = paths.withLock { paths in
            defer { paths = [] }
            return paths
        }
        locks.unlock(all)
    }
}
