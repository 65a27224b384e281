import Testing

@testable import MicroHTTP

@Suite struct CrowdTests {
    private func turns(_ counts: [Int]) -> [Bool] {
        var crowd = Crowd()
        return counts.map { crowd.hasLeft(connections: $0) }
    }

    @Test func isGoneOneTurnAfterHalfOfItIs() {
        #expect(turns([300, 151, 150, 150, 150, 0]) == [false, false, false, true, false, false])
    }

    @Test func thatComesBackIsNotGone() {
        #expect(turns([300, 100, 200, 100, 100]) == [false, false, false, false, true])
    }

    @Test func ofFewIsNone() {
        #expect(turns([255, 0, 0, 0]).allSatisfy { !$0 })
    }

    @Test func mayComeAndGoAgain() {
        #expect(turns([1000, 0, 0, 1000, 0, 0]) == [false, false, true, false, false, true])
    }
}
