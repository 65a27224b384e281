import Glibc
import Threading

/// What a process has written to a pipe so far, and those who wait for a line of it.
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
    private let pipe: Int32

    /// Takes over the end of the pipe that reads; `readToEnd` must be called.
    init(reading pipe: Int32) {
        let flags = fcntl(pipe, F_GETFL)
        precondition(fcntl(pipe, F_SETFL, flags | O_NONBLOCK) == 0, "a pipe's end can be made not to block")
        self.pipe = pipe
    }

    var text: String {
        state.withLock { String(decoding: $0.text, as: UTF8.self) }
    }

    /// Blocks its thread until nobody has the other end any more, the process's own children included.
    func readToEnd() {
        var isOpen = true
        while isOpen {
            var request = pollfd(fd: pipe, events: Int16(POLLIN), revents: 0)
            poll(&request, 1, -1)
            isOpen = state.withLock { state in
                if Self.read(pipe, into: &state) { return true }
                close(&state)
                return false
            }
        }
    }

    /// Reads what has been written by now; others may have the other end still.
    func catchUp() {
        state.withLock { state in
            if !state.isClosed { _ = Self.read(pipe, into: &state) }
        }
    }

    /// False at the end.
    private static func read(_ pipe: Int32, into state: inout State) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(pipe, &buffer, buffer.count)
            if count > 0 {
                append(buffer.prefix(count), to: &state)
            } else if count == 0 || errno != EINTR {
                return count < 0 && errno == EAGAIN
            }
        }
    }

    private static func append(_ bytes: some Sequence<UInt8>, to state: inout State) {
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

    private func close(_ state: inout State) {
        state.isClosed = true
        for waiter in state.waiters { waiter.continuation.resume(returning: nil) }
        state.waiters = []
        Glibc.close(pipe)
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
