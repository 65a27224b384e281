import Ingest
import Threading

/// What may be claimed: limits per kind and one over all.
final class WorkerSlots: Sendable {
    private let kinds: [JobKind]
    private let ofKind: [JobKind: AsyncSemaphore]
    private let ofAll: AsyncSemaphore
    private let workers: Int
    /// Which kind comes first where workers are too few for all.
    private let turn = Locked(0)

    init(workers: Int, tasks: [any PostProcessingTask]) {
        self.workers = workers
        kinds = tasks.map(\.description.kind)
        ofKind = Dictionary(
            uniqueKeysWithValues: tasks.map { task in
                (task.description.kind, AsyncSemaphore(permits: max(1, task.concurrency)))
            }
        )
        ofAll = AsyncSemaphore(permits: workers)
    }

    /// Runs that hold a slot.
    var taken: Int { workers - ofAll.available }

    /// Kinds that have room for one more run.
    var free: [JobKind] {
        ofAll.available == 0 ? [] : kinds.filter { (ofKind[$0]?.available ?? 0) > 0 }
    }

    /// Takes all free slots but those of `excluded` kinds: one for each kind in turn, until workers or kinds run out.
    ///
    /// Every slot taken is to be given back, used or not.
    func take(excluding excluded: Set<JobKind>) -> [JobKind: Int] {
        var workers = ofAll.take(upTo: .max)
        let first = turn.withLock { turn in
            turn &+= 1
            return turn
        }
        var candidates = kinds.indices.map { kinds[($0 + first) % kinds.count] }.filter { !excluded.contains($0) }
        var taken: [JobKind: Int] = [:]
        while workers > 0, !candidates.isEmpty {
            candidates.removeAll { kind in
                guard workers > 0, ofKind[kind]?.take(upTo: 1) == 1 else { return true }
                workers -= 1
                taken[kind, default: 0] += 1
                return false
            }
        }
        for _ in 0..<workers {
            ofAll.signal()
        }
        return taken
    }

    func giveBack(_ kind: JobKind, count: Int = 1) {
        for _ in 0..<count {
            ofKind[kind]?.signal()
            ofAll.signal()
        }
    }
}
