import Ingest
import SystemPackage
import Threading

extension FaultPlan {
    struct State {
        struct Hold {
            var number: Int
            var gate: Gate
            /// All steps up to the one that is held, once it is there.
            var steps: [FaultStep]?
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
        /// The counted step from which on the disk is full.
        var fullFrom: Int?
        var rules: [FileCall: Errno] = [:]
        var transactions: [LedgerCall: [TransactionFailure]] = [:]
        var actions: [FileCall: @Sendable () -> Void] = [:]
        var gates: [FileCall: Gate] = [:]
        var hold: Hold?
        /// Counted steps that `hold` may hold.
        var holdable = 0
        /// Steps that are held.
        var waiting = 0
        var isFinished = false
        /// The test is over, or was given up: nobody waits any more.
        var isAbandoned = false
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
                if let fullFrom, steps.count >= fullFrom, step.takesSpace {
                    arrival.failure = .noSpace
                }
                if step != .call(.close) {
                    holdable += 1
                    if hold?.number == holdable {
                        hold?.steps = steps
                        arrival.gate = hold?.gate
                    }
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
            let ready = state.waiters.filter { current.isAbandoned || $0.condition(current) }
            if !ready.isEmpty {
                state.waiters.removeAll { current.isAbandoned || $0.condition(current) }
            }
            for waiter in ready {
                // Only enqueues the task: nothing of it runs under the lock.
                waiter.continuation.resume()
            }
            return value
        }
    }
}
