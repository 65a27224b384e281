package import Ingest
import Threading

/// One lock per path in the bucket: what is derived from a file is put in place and removed by one task at a time.
///
/// By path, not by generation, because derived files are named by path: what an overtaken generation still puts there is
/// over before the next one's output comes.
package final class FileLocks: Sendable {
    private struct Entry {
        var users = 0
        let semaphore = AsyncSemaphore(permits: 1)
    }

    private let entries = Locked<[BucketPath: Entry]>([:])

    package init() {}

    /// Runs `body` with the path's lock held.
    ///
    /// Throws `CancellationError` if the task is cancelled while it waits; never take a second lock inside.
    package func withLock<Result>(_ path: BucketPath, _ body: () async throws -> Result) async throws -> Result {
        let semaphore = entries.withLock { entries in
            entries[path, default: Entry()].users += 1
            return entries[path, default: Entry()].semaphore
        }
        defer {
            entries.withLock { entries in
                entries[path]?.users -= 1
                if entries[path]?.users == 0 {
                    entries[path] = nil
                }
            }
        }
        return try await semaphore.withPermit(body)
    }

    /// Paths that are locked or waited for.
    var count: Int { entries.withLock { $0.count } }
}
