package import SystemPackage
import Threading

/// What `FaultyFileCalls` does to the calls that go through it.
package final class FileCallPlan: Sendable {
    private struct State {
        var isCounting = false
        var calls: [FileCall] = []
        var failures: [Int: Errno] = [:]
        var rules: [FileCall: Errno] = [:]
        var gates: [FileCall: ThreadGate] = [:]
        var waiting = 0
        var arrivals: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Locked(State())

    package init() {}

    /// From now on calls are counted, from 1, and recorded.
    package func startCounting() {
        state.withLock { state in
            state.isCounting = true
            state.calls = []
        }
    }

    package func stopCounting() {
        state.withLock { $0.isCounting = false }
    }

    /// The calls counted so far.
    package var calls: [FileCall] { state.withLock { $0.calls } }

    /// The `number`th counted call fails.
    package func fail(_ number: Int, with error: Errno) {
        state.withLock { $0.failures[number] = error }
    }

    /// Every call of this kind fails, until `error` is nil.
    package func failAll(_ call: FileCall, with error: Errno?) {
        state.withLock { $0.rules[call] = error }
    }

    /// Calls of this kind block their threads until released.
    package func hold(_ call: FileCall) {
        state.withLock { $0.gates[call] = ThreadGate() }
    }

    package func release(_ call: FileCall) {
        state.withLock { $0.gates.removeValue(forKey: call) }?.open()
    }

    /// Returns when `count` calls are held.
    package func waitUntilHeld(_ count: Int = 1) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if state.waiting < count {
                    state.arrivals.append((count, continuation))
                    return false
                }
                return true
            }
            if isThere {
                continuation.resume()
            }
        }
    }

    /// The error that this call is to fail with.
    ///
    /// Holds the calling thread if it is told to.
    func verdict(on call: FileCall) -> Errno? {
        let gate = state.withLock { state -> ThreadGate? in
            guard let gate = state.gates[call] else { return nil }
            state.waiting += 1
            let there = state.arrivals.filter { $0.count <= state.waiting }
            state.arrivals.removeAll { $0.count <= state.waiting }
            for arrival in there {
                arrival.continuation.resume()
            }
            return gate
        }
        gate?.pass()
        return state.withLock { state in
            if gate != nil {
                state.waiting -= 1
            }
            if let error = state.rules[call] {
                return error
            }
            guard state.isCounting else { return nil }
            state.calls.append(call)
            return state.failures[state.calls.count]
        }
    }
}

/// A kind of system call.
package enum FileCall: String, Sendable, Hashable, CaseIterable {
    case open
    case create
    case openBeneath
    case duplicate
    case close
    case write
    case read
    case resize
    case reserve
    case startWriteback
    case syncData
    case syncDirectory
    case dropCachedPages
    case status
    case statusOfName
    case setMode
    case setGroup
    case setModificationTime
    case setAttribute
    case attribute
    case renameExclusively
    case rename
    case link
    case unlink
    case makeDirectory
    case removeDirectory
    case entries
    case space
}
