import Threading

/// A part that another one needs which is made before it: the ledger wakes the runner that reads the ledger.
final class LateBound<Part: Sendable>: Sendable {
    private let part = Locked<Part?>(nil)

    /// Nil until `bind` was called.
    var value: Part? { part.withLock { $0 } }

    func bind(_ part: Part) {
        self.part.withLock { $0 = part }
    }
}
