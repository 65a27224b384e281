/// Who goes with which sync of one directory: whoever waits when a sync starts goes with it, nobody waits for company.
package struct GroupSyncState<Waiter> {
    package enum Arrival {
        /// Nothing runs: the caller starts a sync at once.
        case lead
        /// One runs, which may have begun before the caller's change: wait for the next.
        case wait
        /// An earlier sync failed; what a second one says means nothing.
        case failed
    }

    package enum Completion {
        /// Nobody waits.
        case idle
        /// The first waiter leads the next sync, the others go with it.
        case next(leader: Waiter)
    }

    package private(set) var isRunning = false
    package private(set) var hasFailed = false
    private var waiting: [Waiter] = []
    private var going: [Waiter] = []

    package init() {}

    package mutating func arrive() -> Arrival {
        if hasFailed {
            return .failed
        }
        guard !isRunning else { return .wait }
        isRunning = true
        return .lead
    }

    package mutating func wait(_ waiter: Waiter) {
        waiting.append(waiter)
    }

    /// The sync starts now: whoever waits by now goes with it.
    package mutating func begin() {
        going = waiting
        waiting = []
    }

    /// The sync succeeded: those that went with it, and what comes next.
    package mutating func succeed() -> (done: [Waiter], next: Completion) {
        let done = going
        going = []
        guard !waiting.isEmpty else {
            isRunning = false
            return (done, .idle)
        }
        return (done, .next(leader: waiting.removeFirst()))
    }

    /// The sync failed: everybody, those too that waited for the next.
    package mutating func fail() -> [Waiter] {
        let all = going + waiting
        going = []
        waiting = []
        isRunning = false
        hasFailed = true
        return all
    }
}

extension GroupSyncState.Completion: Equatable where Waiter: Equatable {}
