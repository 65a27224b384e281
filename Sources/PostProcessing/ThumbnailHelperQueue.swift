/// Who may use a helper next: a fixed number of places, handed on in order of arrival.
struct ThumbnailHelperQueue<Helper: Sendable> {
    /// A place, and the helper left in it; nil if a new one must be started.
    struct Turn: Sendable {
        let helper: Helper?
    }

    private var free: Int
    private var idle: [Helper] = []
    private var waiting: [UInt64] = []
    private var isClosed = false

    /// How many places are in use.
    private(set) var busy = 0

    init(places: Int) {
        free = places
    }

    /// Takes a place; nil when there is none, `id` then waits.
    mutating func enter(_ id: UInt64) -> Turn? {
        precondition(!isClosed)
        guard free > 0 else {
            waiting.append(id)
            return nil
        }
        free -= 1
        busy += 1
        return Turn(helper: idle.popLast())
    }

    /// Gives a place back; whoever waits longest gets it, with the helper.
    mutating func leave(_ helper: Helper?) -> (id: UInt64, turn: Turn)? {
        guard !isClosed, !waiting.isEmpty else {
            if let helper { idle.append(helper) }
            free += 1
            busy -= 1
            return nil
        }
        return (waiting.removeFirst(), Turn(helper: helper ?? idle.popLast()))
    }

    /// Whether `id` waited; it does no longer.
    mutating func cancel(_ id: UInt64) -> Bool {
        guard let index = waiting.firstIndex(of: id) else { return false }
        waiting.remove(at: index)
        return true
    }

    /// Lets nobody wait any more; returns who did.
    mutating func close() -> [UInt64] {
        isClosed = true
        defer { waiting = [] }
        return waiting
    }

    /// Takes out the helpers nobody uses.
    mutating func takeIdle() -> [Helper] {
        defer { idle = [] }
        return idle
    }
}
