import Ingest
import Testing

@testable import Jobs

@Suite struct WorkerSlotsTests {
    private let kinds = ["a", "b", "c"].map { JobKind($0) }

    private func slots(workers: Int, concurrency: Int) -> WorkerSlots {
        WorkerSlots(workers: workers, tasks: kinds.map { ScriptedTask($0.rawValue, concurrency: concurrency) })
    }

    @Test func everyKindHasItsLimit() {
        let slots = slots(workers: 100, concurrency: 2)
        #expect(slots.capacity.limits == [kinds[0]: 2, kinds[1]: 2, kinds[2]: 2])
        #expect(slots.capacity.total == 100)
        for kind in kinds + kinds { slots.take(kind) }
        #expect(slots.capacity.isEmpty)
        #expect(slots.free.isEmpty)
        slots.giveBack(kinds[1])
        #expect(slots.free == [kinds[1]])
        #expect(slots.taken == 5)
        #expect(slots.capacity.limits == [kinds[0]: 0, kinds[1]: 1, kinds[2]: 0])
    }

    @Test func theWorkersAreTheLimitOverAllAndNoKindIsFirstForEver() {
        let slots = slots(workers: 2, concurrency: 2)
        #expect(Set((0..<3).compactMap { _ in slots.capacity.kinds.first }) == Set(kinds))
        slots.take(kinds[0])
        #expect(slots.capacity.total == 1)
        slots.take(kinds[1])
        #expect(slots.capacity.isEmpty)
        #expect(slots.taken == 2)
    }
}
