import Testing

@testable import MicroHTTP

@Suite struct DrainClockTests {
    private let start = ContinuousClock.now
    private let clock = DrainClock(minRate: 240, stall: .seconds(30))

    /// The second at which a client is cut that takes `rate` bytes every `period` seconds.
    private func cut(rate: Int64, every period: Int = 1, from first: Int64 = 0, isPending: Bool = true) -> Int? {
        var clock = clock
        return (0...600).first { second in
            let taken = first + rate * Int64(second / period)
            let reading = DrainClock.Reading(mark: taken, taken: taken, isPending: isPending)
            return clock.isTooSlow(reading, at: start + .seconds(second))
        }
    }

    @Test func aClientThatTakesNothingIsCutAfterTheStallTime() {
        #expect(cut(rate: 0) == 31)
        #expect(cut(rate: 0, from: 1 << 30) == 31)
    }

    /// However much it took at first: the kernel's buffers take that much for it.
    @Test(arguments: [Int64(0), 100_000, 1 << 30])
    func aClientThatTakesAlmostNothingIsCut(first: Int64) throws {
        let second = try #require(cut(rate: 1, from: first))
        #expect(second > 30 && second <= 300)
    }

    @Test func aClientBelowTheRateIsCut() throws {
        let second = try #require(cut(rate: 230))
        #expect(second > 30)
    }

    @Test(arguments: [(Int64(250), 1), (100_000, 1), (10_000, 20)])
    func aClientAboveTheRateIsLeftAlone(rate: Int64, period: Int) {
        #expect(cut(rate: rate, every: period) == nil)
    }

    /// Nothing waits for the client: we are the ones who are slow.
    @Test func aSlowDiskOfOursIsNotTheClientsFault() {
        #expect(cut(rate: 1, isPending: false) == nil)
    }

    @Test func whereBytesAreNotCountedAnyChangeIsProgress() {
        var clock = clock
        for second in 0...600 {
            let reading = DrainClock.Reading(mark: Int64(second / 29 % 2), taken: nil, isPending: true)
            let isTooSlow = clock.isTooSlow(reading, at: start + .seconds(second))
            #expect(!isTooSlow)
        }
    }

    @Test func aReadingIsTakenOnceASecondAndNotAtOnce() {
        var clock = clock
        let due = (0..<50).filter { clock.isDue(at: start + .milliseconds($0 * 100)) }
        #expect(due == [10, 20, 30, 40])
        var unlimited = DrainClock(minRate: 240, stall: .zero)
        #expect(!(0..<50).contains { unlimited.isDue(at: start + .seconds($0)) })
    }
}
