import Testing

@testable import MicroHTTP

@Suite struct RateClockTests {
    private let start = ContinuousClock.now

    private func clock() -> RateClock {
        var clock = RateClock(minRate: 240, grace: .seconds(5))
        clock.setRunning(true, at: start)
        return clock
    }

    @Test(arguments: [0, 100, 230])
    func aSlowPeerIsToldWithinFifteenSeconds(rate: Int) throws {
        var clock = clock()
        let second = (1...15).first { second in
            clock.moved(Int64(rate))
            return clock.isTooSlow(at: start + .seconds(second))
        }
        let caught = try #require(second)
        #expect(caught > 5)
    }

    @Test(arguments: [250, 300, 100_000])
    func aPeerAboveTheRateIsLeftAlone(rate: Int) {
        var clock = clock()
        for second in 1...600 {
            clock.moved(Int64(rate))
            let isTooSlow = clock.isTooSlow(at: start + .seconds(second))
            #expect(!isTooSlow)
        }
    }

    @Test func aFastStartDoesNotPayForALongHalt() throws {
        var clock = clock()
        clock.moved(1 << 30)
        #expect(clock.isTooSlow(at: start + .seconds(1)) == false)
        let second = (2...120).first { clock.isTooSlow(at: start + .seconds($0)) }
        let caught = try #require(second)
        #expect(caught > 20)
    }

    @Test func timeInWhichWeDoNotReadDoesNotCount() {
        var clock = clock()
        clock.moved(10_000)
        clock.setRunning(false, at: start + .seconds(1))
        #expect(clock.isTooSlow(at: start + .seconds(1000)) == false)
        clock.setRunning(true, at: start + .seconds(1000))
        #expect(clock.isTooSlow(at: start + .seconds(1003)) == false)
    }

    @Test func noMinimumMeansNone() {
        var clock = RateClock(minRate: 0, grace: .seconds(5))
        clock.setRunning(true, at: start)
        #expect(clock.isTooSlow(at: start + .seconds(1000)) == false)
    }
}
