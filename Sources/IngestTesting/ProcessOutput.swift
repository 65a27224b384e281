import Threading

/// What a process has written so far, and those who wait for a line of it.
final class ProcessOutput: Sendable {
    private struct Waiter {
        let id: Int
        let find: @Sendable (String) -> String?
        let continuation: CheckedContinuation<String?, Never>
    }

    private struct State {
        var text: [UInt8] = []
        /// Where the first line begins that is not whole yet.
        var lineStart = 0
        var isClosed = false
        var nextID = 0
        var waiters: [Waiter] = []
        var cancelled: Set<Int> = []
    }
    private let state = Locked(State())

    var text: String {
        state.withLock { String(decoding: $0.text, as: UTF8.self) }
    }

    func append(_ bytes: some Sequence<UInt8>) {
        state.withLock { state in
            state.text += bytes
            while let end = state.text[state.lineStart...].firstIndex(of: 10) {
                let line = String(decoding: state.text[state.lineStart..<end], as: UTF8.self)
                state.lineStart = end + 1
                state.waiters.removeAll { waiter in
                    guard let found = waiter.find(line) else { return false }
                    waiter.continuation.resume(returning: found)
                    return true
                }
            }
        }
    }

    func close() {
        state.withLock { state in
            state.isClosed = true
            for waiter in state.waiters { waiter.continuation.resume(returning: nil) }
            state.waiters = []
        }
    }

    /// What `find` returns for the first line, also of those already written, for which it returns something; nil if
    /// the output ends or the task is cancelled before.
    func first(_ find: @escaping @Sendable (String) -> String?) async -> String? {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    let lines = String(decoding: state.text[..<state.lineStart], as: UTF8.self)
                    let found = lines.split(separator: "\n").lazy.compactMap { find(String($0)) }.first
                    if found != nil || state.isClosed || state.cancelled.remove(id) != nil {
                        continuation.resume(returning: found)
                    } else {
                        state.waiters.append(Waiter(id: id, find: find, continuation: continuation))
                    }
                }
            }
        } onCancel: {
            state.withLock { state in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return
                }
                state.waiters.remove(at: index).continuation.resume(returning: nil)
            }
        }
    }
}
