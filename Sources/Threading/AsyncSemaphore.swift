/// A counting semaphore whose waiters suspend instead of blocking their threads; first come, first served.
package final class AsyncSemaphore: Sendable {
    private struct State {
        var permits: Int
        var lastTicket: UInt64 = 0
        /// Tickets in order of arrival, from `head` on; those of cancelled waiters stay until they come up.
        var line: [UInt64] = []
        var head = 0
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]

        mutating func takeFirstWaiter() -> CheckedContinuation<Bool, Never>? {
            while head < line.count {
                let waiter = waiters.removeValue(forKey: line[head])
                head += 1
                if let waiter {
                    trim()
                    return waiter
                }
            }
            trim()
            return nil
        }

        private mutating func trim() {
            if head == line.count || head >= 1024 {
                line.removeFirst(head)
                head = 0
            }
        }
    }

    private let state: Locked<State>

    package init(permits: Int) {
        precondition(permits >= 0)
        state = Locked(State(permits: permits))
    }

    /// Permits that are free now.
    package var available: Int { state.withLock { $0.permits } }
    /// Tasks that wait now.
    package var waiting: Int { state.withLock { $0.waiters.count } }

    /// Takes a permit, and waits for one if there is none.
    ///
    /// Throws `CancellationError`, and takes none, if the task is cancelled before a permit is its own.
    package func wait() async throws(CancellationError) {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        let isGranted = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer: Bool? = state.withLock { state in
                    // The cancellation handler may have run before the continuation was there to be found.
                    guard !Task.isCancelled else { return false }
                    if state.permits > 0 {
                        state.permits -= 1
                        return true
                    }
                    state.line.append(ticket)
                    state.waiters[ticket] = continuation
                    return nil
                }
                if let answer {
                    continuation.resume(returning: answer)
                }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: false)
        }
        guard isGranted else { throw CancellationError() }
    }

    /// Takes up to `count` permits that are free now, and says how many: nobody who waits is overtaken.
    package func take(upTo count: Int) -> Int {
        state.withLock { state in
            let taken = max(0, min(count, state.permits))
            state.permits -= taken
            return taken
        }
    }

    /// Gives a permit back; the first who waits gets it.
    package func signal() {
        let waiter = state.withLock { state in
            let waiter = state.takeFirstWaiter()
            if waiter == nil {
                state.permits += 1
            }
            return waiter
        }
        waiter?.resume(returning: true)
    }

    /// Runs `body` with a permit.
    package func withPermit<Result>(_ body: () async throws -> Result) async throws -> Result {
        try await wait()
        defer { signal() }
        return try await body()
    }
}
