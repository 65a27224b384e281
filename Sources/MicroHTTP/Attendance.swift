import CLinux
import Threading

/// Whether a thread that waits for events still goes round its loop: who asks is answered by its next turn.
final class Attendance: Sendable {
    private struct State {
        var askers: [CheckedContinuation<Void, Never>] = []
        var isOver = false
    }

    /// Ends the thread's wait (eventfd(2)).
    private let wake: Int32
    private let state = Locked(State())

    init(wake: Int32) {
        self.wake = wake
    }

    /// Returns once the thread has turned, or has ended.
    func answer() async {
        await withCheckedContinuation { asker in
            let isOver = state.withLock { state in
                guard !state.isOver else { return true }
                state.askers.append(asker)
                // Under the lock: once it is over the descriptor is another's.
                clinux_wake(wake)
                return false
            }
            if isOver { asker.resume() }
        }
    }

    /// The thread turns; to be called after each wait for events, once the wake-up is cleared.
    func turn() {
        let askers = state.withLock { state in
            defer { state.askers = [] }
            return state.askers
        }
        for asker in askers { asker.resume() }
    }

    /// The thread ends; to be called before the descriptor is closed.
    func end() {
        state.withLock { $0.isOver = true }
        turn()
    }
}
