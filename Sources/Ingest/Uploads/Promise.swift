import Threading

/// What one upload was admitted with: a place among those in flight, space, and a part of the quota.
///
/// Given back step by step, and at the latest with the last reference.
final class Promise: Sendable {
    private struct State {
        /// Bytes promised that the filesystem does not count yet.
        var remaining: Int64
        /// Bytes that count against the quota until the file has its row.
        var claimed: Int64
        var hasPlace = true
        var isReleased = false
    }

    private let state: Locked<State>
    private let admission: Admission

    init(bytes: Int64, admission: Admission) {
        state = Locked(State(remaining: bytes, claimed: bytes))
        self.admission = admission
    }

    /// The filesystem counts `bytes` more as this upload's from now on.
    func keep(_ bytes: Int64) {
        let kept = state.withLock { state in
            let kept = min(bytes, state.remaining)
            state.remaining -= kept
            return kept
        }
        admission.giveBack(Admission.Share(promised: kept))
    }

    /// The upload is `total` bytes long by now, which may be more than it was admitted with.
    func claim(_ total: Int64) {
        let more = state.withLock { state in
            let more = max(0, total - state.claimed)
            state.claimed += more
            return more
        }
        if more > 0 {
            admission.giveBack(Admission.Share(claimed: -more))
        }
    }

    /// The last byte is there: the upload is in flight no more, though its space is still spoken for.
    func settle() {
        let hadPlace = state.withLock { state in
            defer { state.hasPlace = false }
            return state.hasPlace
        }
        if hadPlace {
            admission.giveBack(Admission.Share(places: 1))
        }
    }

    /// The upload ended, one way or the other; idempotent.
    func release() {
        let left = state.withLock { state -> Admission.Share in
            guard !state.isReleased else { return Admission.Share() }
            defer { state = State(remaining: 0, claimed: 0, hasPlace: false, isReleased: true) }
            return Admission.Share(places: state.hasPlace ? 1 : 0, promised: state.remaining, claimed: state.claimed)
        }
        admission.giveBack(left)
    }

    deinit {
        release()
    }
}
