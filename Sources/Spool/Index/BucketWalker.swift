import CLinux
import Ingest
import SystemPackage
import Threading

/// A walk on the thread that is there for it, of low priority.
actor BucketWalker {
    let bucket: Bucket
    private let executor: IOExecutor
    private let cancellation = WalkCancellation()
    private var walk: BucketWalk?

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ bucket: Bucket) {
        self.bucket = bucket
        executor = bucket.threads.index
    }

    /// The walk ends within some hundred entries; so does one that is not begun.
    nonisolated func cancel() {
        cancellation.cancel()
    }

    /// Throws `CancellationError` or `IngestError`.
    func next(_ limit: Int) throws -> [BucketPath] {
        do throws(Errno) {
            if walk == nil {
                clinux_lower_thread_priority()
                let state = DirectoryKey(try bucket.calls.status(of: bucket.spool.state.state))
                walk = BucketWalk(bucket.tree.root, excluding: [state], bucket.calls, cancellation)
            }
            return try walk?.next(limit) ?? []
        } catch .canceled {
            throw CancellationError()
        } catch {
            throw IngestError.storage("The bucket cannot be walked.", error)
        }
    }

    /// Those of the files that carry the attribute which every upload gets before it is published.
    ///
    /// One that cannot be read has none.
    func withChecksums(_ paths: [BucketPath]) -> [BucketPath] {
        let state = bucket.spool.state
        return state.keepsAttributes ? paths.filter(state.carriesChecksum) : []
    }

    /// What has each name now; nil where there is no regular file.
    func identities(at paths: [BucketPath]) throws(IngestError) -> [FileIdentity?] {
        try Bucket.identities(at: paths, bucket.tree, bucket.calls)
    }
}
