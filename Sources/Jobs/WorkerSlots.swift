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

    /// What may be claimed now; another kind comes first each time.
    var capacity: JobCapacity {
        let first = turn.withLock { turn in
            turn &+= 1
            return turn
        }
        return JobCapacity(
            kinds: kinds.indices.map { kinds[($0 + first) % kinds.count] },
            limits: ofKind.mapValues(\.available),
            total: ofAll.available
        )
    }

    /// For a job that was claimed, by the one who asked for `capacity`.
    func take(_ kind: JobKind) {
        let taken = (ofKind[kind]?.take(upTo: 1), ofAll.take(upTo: 1))
        precondition(taken == (1, 1), "claimed beyond the capacity")
    }

    func giveBack(_ kind: JobKind) {
        ofKind[kind]?.signal()
        ofAll.signal()
    }
}
