import Testing

@testable import bucketctl

@Suite struct RetryScheduleTests {
    @Test func pausesDoubleUpToABound() {
        var schedule = RetrySchedule(limit: 9)
        let pauses = (0..<9).compactMap { _ in schedule.pause(retryAfter: nil, chance: 1) }
        #expect(pauses == [.milliseconds(500)] + [1, 2, 4, 8, 16, 30, 30, 30].map { Duration.seconds($0) })
        let pause1 = schedule.pause(retryAfter: nil, chance: 1)
        #expect(pause1 == nil)
    }

    @Test func chanceTakesAtMostAHalf() {
        var schedule = RetrySchedule(limit: 1)
        let pause2 = schedule.pause(retryAfter: nil, chance: 0)
        #expect(pause2 == .milliseconds(250))
    }

    @Test func theServersWordIsAMinimum() {
        var schedule = RetrySchedule(limit: 3)
        let pause3 = schedule.pause(retryAfter: .seconds(20), chance: 0)
        #expect(pause3 == .seconds(20))
        let pause4 = schedule.pause(retryAfter: .zero, chance: 1)
        #expect(pause4 == .seconds(1))
        let pause5 = schedule.pause(retryAfter: .seconds(3600), chance: 0)
        #expect(pause5 == nil)
    }

    @Test func progressCountsAnew() {
        var schedule = RetrySchedule(limit: 1)
        let pause6 = schedule.pause(retryAfter: nil)
        #expect(pause6 != nil)
        let pause7 = schedule.pause(retryAfter: nil)
        #expect(pause7 == nil)
        schedule.reset()
        let pause8 = schedule.pause(retryAfter: nil)
        #expect(pause8 != nil)
    }

    @Test func noRetriesAreNone() {
        var schedule = RetrySchedule(limit: 0)
        let pause9 = schedule.pause(retryAfter: nil)
        #expect(pause9 == nil)
    }
}
