import Ingest
import Testing

@testable import Jobs

@Suite struct WorkerSlotsTests {
    private let kinds = ["a", "b", "c"].map { JobKind($0) }

    private func slots(workers: Int, concurrency: Int) -> WorkerSlots {
        WorkerSlots(workers: workers, tasks: kinds.map { ScriptedTask($0.rawValue, concurrency: concurrency) })
    }

    @Test func everyKindGetsItsLimitWhenThereAreWorkersEnough() {
        let slots = slots(workers: 100, concurrency: 2)
        #expect(slots.take(excluding: []) == [kinds[0]: 2, kinds[1]: 2, kinds[2]: 2])
        #expect(slots.take(excluding: []).isEmpty)
        #expect(slots.free.isEmpty)
        slots.giveBack(kinds[1])
        #expect(slots.free == [kinds[1]])
        #expect(slots.taken == 5)
        #expect(slots.take(excluding: []) == [kinds[1]: 1])
    }

    @Test func theWorkersAreTheLimitOverAllAndNoKindIsFirstForEver() {
        let slots = slots(workers: 2, concurrency: 2)
        var served: Set<JobKind> = []
        for _ in 0..<3 {
            let taken = slots.take(excluding: [])
            #expect(taken.values.reduce(0, +) == 2)
            #expect(slots.take(excluding: []).isEmpty)
            served.formUnion(taken.keys)
            for (kind, count) in taken {
                slots.giveBack(kind, count: count)
            }
        }
        #expect(served == Set(kinds))
        #expect(slots.taken == 0)
    }

    @Test func excludedKindsTakeNothing() {
        let slots = slots(workers: 10, concurrency: 1)
        #expect(slots.take(excluding: [kinds[0], kinds[2]]) == [kinds[1]: 1])
    }
}
