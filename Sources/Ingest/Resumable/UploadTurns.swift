import Threading

/// Whose turn it is with an upload: one request at a time, and a new one ends the one before it.
///
/// The bytes that the ended request brought are kept first, so that the next begins at an offset that stays.
final class UploadTurns: Sendable {
    typealias Interrupt = @Sendable () -> Void

    private struct Waiter {
        let interrupt: Interrupt
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Turns {
        var interrupt: Interrupt
        var waiting: [Waiter] = []
    }

    private let turns = Locked<[UploadID: Turns]>([:])

    /// Waits for the turn, which `leave` must end.
    ///
    /// `interrupt` is called, from any thread and at most a few times, when another request wants the upload: the holder
    /// is to leave soon then.
    func take(_ id: UploadID, interrupt: @escaping Interrupt) async {
        await withCheckedContinuation { continuation in
            let holder = turns.withLock { turns in
                guard var others = turns[id] else {
                    turns[id] = Turns(interrupt: interrupt)
                    return nil as Interrupt?
                }
                others.waiting.append(Waiter(interrupt: interrupt, continuation: continuation))
                turns[id] = others
                return others.interrupt
            }
            guard let holder else { return continuation.resume() }
            holder()
        }
    }

    /// Takes the turn only if nobody has it; nobody may want the upload for long then.
    func takeNow(_ id: UploadID) -> Bool {
        turns.withLock { turns in
            guard turns[id] == nil else { return false }
            turns[id] = Turns(interrupt: {})
            return true
        }
    }

    /// Ends the turn: the next in line has it.
    func leave(_ id: UploadID) {
        let next = turns.withLock { turns -> (waiter: Waiter, isLast: Bool)? in
            guard var others = turns[id], !others.waiting.isEmpty else {
                turns[id] = nil
                return nil
            }
            let waiter = others.waiting.removeFirst()
            others.interrupt = waiter.interrupt
            turns[id] = others
            return (waiter, others.waiting.isEmpty)
        }
        guard let next else { return }
        next.waiter.continuation.resume()
        if !next.isLast {
            next.waiter.interrupt()
        }
    }

    /// Uploads that a request has at the moment.
    var taken: [UploadID] { turns.withLock { Array($0.keys) } }
}
