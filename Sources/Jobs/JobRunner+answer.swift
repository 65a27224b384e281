import Threading

extension JobRunner {
    /// Returns once the loop that hands out jobs has come round, and with it the queue; at once when it has ended or is
    /// about to.
    ///
    /// A wait after a failure of the ledger counts as coming round.
    package func answer() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isStopping { state.askers.append(continuation) }
                return state.isStopping
            }
            if isOver { continuation.resume() } else { attention.raise() }
        }
    }

    /// Answers those who asked before this turn of the loop.
    func cameRound() {
        let askers = state.withLock { state in
            defer { state.askers = [] }
            return state.askers
        }
        for asker in askers { asker.resume() }
    }
}
