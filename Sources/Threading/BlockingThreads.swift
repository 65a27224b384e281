/// A fixed set of threads for calls that may block for long: `fdatasync`, directory syncs, reads of cold files.
package struct BlockingThreads: Sendable {
    private let loop: ThreadLoop

    /// For tasks that make several blocking calls: there `run` has no need of another thread.
    package var executor: any TaskExecutor { loop }

    package init(name: String, count: Int) {
        precondition(count > 0)
        loop = ThreadLoop(name: name, threads: count)
    }

    /// Runs `body` on one of the threads, in order of arrival, and suspends the caller meanwhile; at once if the caller
    /// runs on one of them.
    ///
    /// Not cancellable: what was handed in runs.
    package func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        if loop.isCurrentThread {
            return try body()
        }
        let outcome: Swift.Result<Result, Failure> = await withCheckedContinuation { continuation in
            loop.enqueue {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try outcome.get()
    }

    /// Has one of the threads run `body`, which nobody waits for.
    package func start(_ body: @escaping @Sendable () -> Void) {
        loop.enqueue(body)
    }
}
