/// A fixed set of threads for calls that may block for long: `fdatasync`, directory syncs, reads of cold files.
package struct BlockingThreads: Sendable {
    private let loop: ThreadLoop

    package init(name: String, count: Int) {
        precondition(count > 0)
        loop = ThreadLoop(name: name, threads: count)
    }

    /// Runs `body` on one of the threads, in order of arrival, and suspends the caller meanwhile.
    ///
    /// Not cancellable: what was handed in runs.
    package func run<Result: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Result
    ) async throws(Failure) -> Result {
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
}
