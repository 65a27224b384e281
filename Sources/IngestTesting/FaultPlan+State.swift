import Ingest
import SystemPackage
import Threading

extension FaultPlan {
    struct State {
        struct Hold {
            var number: Int
            var gate: Gate
            /// What is held.
            var step: FaultStep?
        }

        struct Waiter {
            var condition: @Sendable (borrowing State) -> Bool
            var continuation: CheckedContinuation<Void, Never>
        }

        /// What becomes of a step.
        struct Arrival {
            var gate: Gate?
            var failure: Errno?
        }

        var isCounting = false
        var steps: [FaultStep] = []
        var failures: [Int: Errno] = [:]
        var rules: [FileCall: Errno] = [:]
        var transactions: [LedgerCall: [TransactionFailure]] = [:]
        var actions: [FileCall: @Sendable () -> Void] = [:]
        var gates: [FileCall: Gate] = [:]
        var hold: Hold?
        /// Steps that are held.
        var waiting = 0
        var isFinished = false
        var hasDied = false
        var isLedgerClosed = false
        var openDescriptors = 0
        /// Inodes.
        var failedSyncs: Set<UInt64> = []
        var syncsAfterFailure = 0
        var waiters: [Waiter] = []

        mutating func arrive(_ step: FaultStep) -> Arrival {
            var arrival = Arrival()
            if case .call(let call) = step {
                arrival.gate = gates[call]
            }
            if isCounting {
                steps.append(step)
                arrival.failure = failures[steps.count]
                if hold?.number == steps.count {
                    hold?.step = step
                    arrival.gate = hold?.gate
                }
            }
            waiting += arrival.gate == nil ? 0 : 1
            return arrival
        }
    }
}

extension Locked<FaultPlan.State> {
    /// Changes the state, then wakes who waited for that.
    func change<Value>(_ body: (inout FaultPlan.State) -> Value) -> Value {
        withLock { state in
            let value = body(&state)
            let current = state
            let ready = state.waiters.filter { $0.condition(current) }
            if !ready.isEmpty {
                state.waiters.removeAll { $0.condition(current) }
            }
            for waiter in ready {
                // Only enqueues the task: nothing of it runs under the lock.
                waiter.continuation.resume()
            }
            return value
        }
    }
}
