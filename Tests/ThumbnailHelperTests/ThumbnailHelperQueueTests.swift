import Testing

@testable import PostProcessing

@Suite struct ThumbnailHelperQueueTests {
    @Test func placesAreHandedOnInOrderOfArrival() {
        var queue = ThumbnailHelperQueue<String>(places: 1)
        let first = queue.enter(1)
        let entered = [queue.enter(2), queue.enter(3)]
        let second = queue.leave("a")
        let third = queue.leave("a")
        let nobody = queue.leave("a")
        #expect(first != nil && first?.helper == nil)
        #expect(entered.allSatisfy { $0 == nil })
        #expect([second?.id, third?.id] == [2, 3])
        #expect(third?.turn.helper == "a")
        #expect(nobody == nil)
        #expect(queue.busy == 0)
        let fourth = queue.enter(4)
        #expect(fourth?.helper == "a")
    }

    @Test func aPlaceWhoseHelperDiedIsStillAPlace() {
        var queue = ThumbnailHelperQueue<String>(places: 1)
        _ = queue.enter(1)
        _ = queue.enter(2)
        let next = queue.leave(nil)
        #expect(next?.id == 2)
        #expect(next?.turn.helper == nil)
        #expect(queue.busy == 1)
    }

    @Test func whoIsCancelledWaitsNoMore() {
        var queue = ThumbnailHelperQueue<String>(places: 1)
        _ = queue.enter(1)
        _ = queue.enter(2)
        _ = queue.enter(3)
        let waited = [queue.cancel(2), queue.cancel(2), queue.cancel(1)]
        let next = queue.leave("a")?.id
        #expect(waited == [true, false, false])
        #expect(next == 3)
    }

    @Test func afterTheCloseNobodyIsServed() {
        var queue = ThumbnailHelperQueue<String>(places: 1)
        _ = queue.enter(1)
        _ = queue.enter(2)
        let waited = queue.close()
        let next = queue.leave("a")?.id
        let idle = [queue.takeIdle(), queue.takeIdle()]
        #expect(waited == [2])
        #expect(next == nil)
        #expect(queue.busy == 0)
        #expect(idle == [["a"], []])
    }
}
