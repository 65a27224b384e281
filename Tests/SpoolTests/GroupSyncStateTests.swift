import Spool
import Testing

@Suite struct GroupSyncStateTests {
    @Test func whoWaitsWhenASyncStartsGoesWithIt() {
        var state = GroupSyncState<Int>()
        #expect(state.arrive() == .lead)
        #expect(state.arrive() == .wait)
        state.wait(1)
        state.begin()
        #expect(state.arrive() == .wait)
        state.wait(2)
        state.wait(3)
        let first = state.succeed()
        #expect(first.done == [1])
        #expect(first.next == .next(leader: 2))
        state.begin()
        let second = state.succeed()
        #expect(second.done == [3])
        #expect(second.next == .idle)
        #expect(state.arrive() == .lead)
    }

    @Test func aFailureIsEverybodysForGood() {
        var state = GroupSyncState<Int>()
        _ = state.arrive()
        state.wait(1)
        state.begin()
        state.wait(2)
        #expect(state.fail() == [1, 2])
        #expect(state.arrive() == .failed)
    }
}
