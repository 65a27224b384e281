package import Ingest
package import SystemPackage
import Threading

/// What `FaultyFileCalls` and `FaultyFileLedger` do to the steps that go through them.
package final class FaultPlan: Sendable {
    /// What a failing transaction does.
    package enum TransactionFailure: Sendable {
        /// Nothing is changed, and the caller is told this.
        case nothingChanged(IngestError)
        /// The caller is told `.outcomeUnknown`; the change is kept or not.
        case outcomeUnknown(kept: Bool)
    }

    private let state = Locked(State())

    package init() {}

    /// From now on steps are counted, from 1, and recorded.
    package func startCounting() {
        state.withLock { state in
            state.isCounting = true
            state.steps = []
            state.holdable = 0
        }
    }

    package func stopCounting() {
        state.withLock { $0.isCounting = false }
    }

    /// The steps counted so far.
    package var steps: [FaultStep] { state.withLock { $0.steps } }

    /// The system calls among them.
    package var calls: [FileCall] {
        steps.compactMap { step in
            if case .call(let call) = step { call } else { nil }
        }
    }

    /// The `number`th counted step fails: a transaction not at all kept (EIO: of unknown outcome), or, when it is to be
    /// answered, of unknown outcome.
    package func fail(_ number: Int, with error: Errno) {
        state.withLock { $0.failures[number] = error }
    }

    /// From the `number`th counted step on there is no space: each that takes some fails, until `freeSpace`.
    package func fillDisk(from number: Int) {
        state.withLock { $0.fullFrom = number }
    }

    package func freeSpace() {
        state.withLock { $0.fullFrom = nil }
    }

    /// Every call of this kind fails, until `error` is nil.
    package func failAll(_ call: FileCall, with error: Errno?) {
        state.withLock { $0.rules[call] = error }
    }

    /// The next transactions of this kind fail so; later ones do not.
    package func failNext(_ call: LedgerCall, _ failure: TransactionFailure, times: Int = 1) {
        state.withLock { $0.transactions[call] = Array(repeating: failure, count: times) }
    }

    /// Run once, by the thread that makes the next call of this kind, just before it.
    package func beforeNext(_ call: FileCall, _ action: @escaping @Sendable () -> Void) {
        state.withLock { $0.actions[call] = action }
    }

    /// Calls of this kind block their threads until released.
    package func hold(_ call: FileCall) {
        state.withLock { $0.gates[call] = Gate() }
    }

    package func release(_ call: FileCall) {
        state.withLock { $0.gates.removeValue(forKey: call) }?.open()
    }

    /// The `number`th counted step waits until released.
    ///
    /// Closings are not counted here: nobody sees what they change, and some are made by whichever thread drops the
    /// last reference.
    package func hold(number: Int) {
        state.withLock { $0.hold = State.Hold(number: number, gate: Gate()) }
    }

    package func releaseNumber() {
        state.withLock { $0.hold }?.gate.open()
    }

    /// The process is gone: from now on, for steps that are held too, nothing is done any more.
    ///
    /// Only descriptors are closed, as the kernel does it then.
    package func die() {
        state.withLock { $0.hasDied = true }
    }

    /// The ledger is closed: transactions that are handed in from now on are refused with `.stopping`.
    package func closeLedger() {
        state.withLock { $0.isLedgerClosed = true }
    }

    /// Whether what is confirmed to the ledger now will be written.
    var takesConfirmations: Bool { state.withLock { !$0.hasDied && !$0.isLedgerClosed } }

    /// Returns when `count` calls are held.
    package func waitUntilHeld(_ count: Int = 1) async {
        await wait { $0.waiting >= count }
    }

    /// Nothing more will come: `stepsUntilHeld` need not wait.
    package func finish() {
        state.change { $0.isFinished = true }
    }

    /// The steps up to the one that `hold(number:)` holds, once it has come; nil if there are fewer.
    package func stepsUntilHeld() async -> [FaultStep]? {
        await wait { $0.hold?.steps != nil || $0.isFinished }
        return state.withLock { $0.hold?.steps }
    }

    /// Descriptors that were opened and not closed.
    package var openDescriptors: Int { state.withLock { $0.openDescriptors } }

    /// Returns when so many are open: some are closed behind the caller's back, on threads.
    package func waitForDescriptors(_ count: Int) async {
        await wait { $0.openDescriptors == count }
    }

    /// Syncs of files and directories whose sync had failed before.
    package var syncsAfterFailure: Int { state.withLock { $0.syncsAfterFailure } }

    /// Returns early if the task is cancelled, as by a test's time limit; then nothing is held any more either.
    private func wait(until condition: @escaping @Sendable (borrowing State) -> Bool) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isMet = state.withLock { state in
                    if state.isAbandoned || condition(state) { return true }
                    state.waiters.append(State.Waiter(condition: condition, continuation: continuation))
                    return false
                }
                if isMet {
                    continuation.resume()
                }
            }
        } onCancel: {
            state.change { $0.isAbandoned = true }
            let gates = state.withLock { state in state.gates.values + [state.hold?.gate].compactMap { $0 } }
            for gate in gates {
                gate.open()
            }
        }
    }
}

extension FaultPlan {
    func opened(_ count: Int) {
        state.change { $0.openDescriptors += count }
    }

    func syncing(_ inode: UInt64) {
        state.withLock { state in
            if state.failedSyncs.contains(inode) {
                state.syncsAfterFailure += 1
            }
        }
    }

    func syncFailed(_ inode: UInt64) {
        state.withLock { _ = $0.failedSyncs.insert(inode) }
    }

    /// The error that this call is to fail with.
    ///
    /// Holds the calling thread if it is told to.
    func verdict(on call: FileCall) -> Errno? {
        let (arrival, action) = state.change { ($0.arrive(.call(call)), $0.actions.removeValue(forKey: call)) }
        action?()
        arrival.gate?.pass()
        return state.change { state in
            state.waiting -= arrival.gate == nil ? 0 : 1
            if state.hasDied {
                return call == .close ? nil : .ioError
            }
            return state.rules[call] ?? arrival.failure
        }
    }

    func verdict(handingIn call: LedgerCall) async -> TransactionFailure? {
        let arrival = state.change { $0.arrive(.handedIn(call)) }
        await arrival.gate?.passSuspended()
        return state.change { state in
            state.waiting -= arrival.gate == nil ? 0 : 1
            if state.hasDied {
                return .nothingChanged(Self.dead)
            }
            if state.isLedgerClosed {
                return .nothingChanged(IngestError(.stopping, "The server is stopping."))
            }
            return switch arrival.failure {
            case nil: state.transactions[call]?.popLast()
            case .some(.ioError): .outcomeUnknown(kept: false)
            case .some(let error): .nothingChanged(.storage("The ledger could not be written.", error))
            }
        }
    }

    /// What the caller of a transaction that was kept is told instead.
    func verdict(answering call: LedgerCall) async -> IngestError? {
        let arrival = state.change { $0.arrive(.answered(call)) }
        await arrival.gate?.passSuspended()
        return state.change { state in
            state.waiting -= arrival.gate == nil ? 0 : 1
            return state.hasDied ? Self.dead : arrival.failure.map { _ in Self.unknown }
        }
    }

    private static let dead = IngestError(.storageFailed, "The process is gone.")
    static let unknown = IngestError(.outcomeUnknown, "The commit has an unknown outcome.")
}
