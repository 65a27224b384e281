import Threading

/// A flag that one task waits for: raised any number of times, seen once.
package final class WakeSignal: Sendable {
    private struct State {
        var isRaised = false
        var waiter: CheckedContinuation<Bool, Never>?
    }

    private let state = Locked(State())

    package init() {}

    /// Safe from any thread.
    package func raise() {
        let waiter = state.withLock { state in
            let waiter = state.waiter.take()
            state.isRaised = waiter == nil
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// Waits for the flag and lowers it: true, or false when the task is cancelled.
    ///
    /// One task at a time.
    @discardableResult
    package func wait() async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    precondition(state.waiter == nil, "one task at a time waits")
                    if state.isRaised {
                        state.isRaised = false
                        return true
                    }
                    // The cancellation handler may have run before the continuation was there to be found.
                    guard !Task.isCancelled else { return false }
                    state.waiter = continuation
                    return nil
                }
                if let answer {
                    continuation.resume(returning: answer)
                }
            }
        } onCancel: {
            state.withLock { $0.waiter.take() }?.resume(returning: false)
        }
    }

    /// Waits for the flag, but no longer than `time`.
    package func wait(atMost time: Duration, on clock: any Clock<Duration>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await clock.sleep(for: time) }
            await group.next()
            group.cancelAll()
        }
    }
}
