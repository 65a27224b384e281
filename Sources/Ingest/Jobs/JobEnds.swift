import Threading

/// Tells those who wait when jobs end.
///
/// In this process only, and only a hint: who waits looks at the ledger again.
package final class JobEnds: Sendable {
    private struct State {
        var lastWaiter: UInt64 = 0
        var waiters: [JobID: [UInt64: CheckedContinuation<Void, Never>]] = [:]
    }

    private let state = Locked(State())

    package init() {}

    package func isAwaited(_ job: JobID) -> Bool {
        state.withLock { $0.waiters[job] != nil }
    }

    /// Called after the end of a job was committed.
    package func ended(_ job: JobID) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: job) }
        for waiter in waiters?.values ?? [:].values {
            waiter.resume()
        }
    }

    /// Returns when the job ends after this call, or the task is cancelled.
    ///
    /// To miss no end: start waiting, then look at the job, then await the wait.
    package func wait(for job: JobID) async {
        let number = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isCancelled = state.withLock { state in
                    // The cancellation handler may have run before the continuation was there to be found.
                    guard !Task.isCancelled else { return true }
                    state.waiters[job, default: [:]][number] = continuation
                    return false
                }
                if isCancelled {
                    continuation.resume()
                }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters[job]?.removeValue(forKey: number)
                if state.waiters[job]?.isEmpty == true {
                    state.waiters[job] = nil
                }
                return waiter
            }
            waiter?.resume()
        }
    }
}
