import Threading

/// A part that another may take the place of while it is in use: who has it keeps it.
final class Replaceable<Part: Sendable>: Sendable {
    private let part: Locked<Part>

    init(_ part: Part) {
        self.part = Locked(part)
    }

    var value: Part { part.withLock { $0 } }

    func replace(by part: Part) {
        self.part.withLock { $0 = part }
    }
}
