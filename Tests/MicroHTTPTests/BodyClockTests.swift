import Testing

@testable import MicroHTTP

@Suite struct BodyClockTests {
    private let start = ContinuousClock.now

    private func clock() -> BodyClock {
        var clock = BodyClock(minRate: 240, grace: .seconds(5))
        clock.setWilling(true, at: start)
        return clock
    }

    @Test(arguments: [0, 100, 230])
    func aSlowPeerIsToldWithinFifteenSeconds(rate: Int) throws {
        var clock = clock()
        let second = (1...15).first { second in
            clock.received(rate)
            return clock.isTooSlow(at: start + .seconds(second))
        }
        let caught = try #require(second)
        #expect(caught > 5)
    }

    @Test(arguments: [250, 300, 100_000])
    func aPeerAboveTheRateIsLeftAlone(rate: Int) {
        var clock = clock()
        for second in 1...600 {
            clock.received(rate)
            let isTooSlow = clock.isTooSlow(at: start + .seconds(second))
            #expect(!isTooSlow)
        }
    }

    @Test func aFastStartDoesNotPayForALongHalt() throws {
        var clock = clock()
        clock.received(1 << 30)
        #expect(clock.isTooSlow(at: start + .seconds(1)) == false)
        let second = (2...120).first { clock.isTooSlow(at: start + .seconds($0)) }
        let caught = try #require(second)
        #expect(caught > 20)
    }

    @Test func timeInWhichWeDoNotReadDoesNotCount() {
        var clock = clock()
        clock.received(10_000)
        clock.setWilling(false, at: start + .seconds(1))
        #expect(clock.isTooSlow(at: start + .seconds(1000)) == false)
        clock.setWilling(true, at: start + .seconds(1000))
        #expect(clock.isTooSlow(at: start + .seconds(1003)) == false)
    }

    @Test func noMinimumMeansNone() {
        var clock = BodyClock(minRate: 0, grace: .seconds(5))
        clock.setWilling(true, at: start)
        #expect(clock.isTooSlow(at: start + .seconds(1000)) == false)
    }
}
