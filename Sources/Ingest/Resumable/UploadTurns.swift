import Threading

/// Whose turn it is with an upload: one request at a time, and a new one ends the one before it.
///
/// The bytes that the ended request brought are kept first, so that the next begins at an offset that stays.
final class UploadTurns: Sendable {
    typealias Interrupt = @Sendable () -> Void

    /// What a request wants an upload for that another may have.
    enum Purpose: Sendable {
        /// To go on with it, or to learn where it stands.
        case use
        case removal
    }

    private struct Waiter {
        let interrupt: Interrupt
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Turns {
        var interrupt: Interrupt
        /// Whether the holder makes files of bytes that are all there.
        var isPublishing = false
        var waiting: [Waiter] = []
    }

    private let turns = Locked<[UploadID: Turns]>([:])

    /// Waits for the turn, which `leave` must end.
    ///
    /// `interrupt` is called, from any thread and at most a few times, when another request wants the upload: the holder
    /// is to leave soon then. One that is publishing is ended only by who wants the upload removed: others would have it
    /// do the same once more.
    func take(_ id: UploadID, for purpose: Purpose = .use, interrupt: @escaping Interrupt) async {
        await withCheckedContinuation { continuation in
            let (isFree, holder): (Bool, Interrupt?) = turns.withLock { turns in
                guard var others = turns[id] else {
                    turns[id] = Turns(interrupt: interrupt)
                    return (true, nil)
                }
                others.waiting.append(Waiter(interrupt: interrupt, continuation: continuation))
                turns[id] = others
                return (false, others.isPublishing && purpose == .use ? nil : others.interrupt)
            }
            if isFree { continuation.resume() }
            holder?()
        }
    }

    /// To be called by the holder: from now on the upload's bytes stay as they are, and are told to be so, until it leaves.
    func beginPublishing(_ id: UploadID) {
        turns.withLock { $0[id]?.isPublishing = true }
    }

    /// Whether whoever asks where the upload stands need not wait for its holder.
    func isPublishing(_ id: UploadID) -> Bool {
        turns.withLock { $0[id]?.isPublishing ?? false }
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
            others.isPublishing = false
            turns[id] = others
            return (waiter, others.waiting.isEmpty)
        }
        guard let next else { return }
        next.waiter.continuation.resume()
        if !next.isLast {
            next.waiter.interrupt()
        }
    }

    /// Requests that wait for the upload.
    func waiting(for id: UploadID) -> Int { turns.withLock { $0[id]?.waiting.count ?? 0 } }

    /// Uploads that a request has at the moment.
    var taken: [UploadID] { turns.withLock { Array($0.keys) } }
}
