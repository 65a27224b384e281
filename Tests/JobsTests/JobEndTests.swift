import Ingest
import Testing

@testable import Jobs

@Suite struct JobEndTests {
    private static let now = Timestamp(milliseconds: 1_000_000)
    private static let policy = RetryPolicy(base: .seconds(10), cap: .seconds(60))

    private func end(_ code: TaskFailure.Code, attempt: Int, helperDeaths: Int = 0) -> JobEnd {
        let job = Job(
            id: JobID(1),
            kind: JobKind("work"),
            state: .running,
            file: nil,
            path: nil,
            attempt: attempt,
            maxAttempts: 3,
            rescues: 0,
            helperDeaths: helperDeaths,
            error: nil,
            result: nil,
            runAt: Self.now,
            createdAt: Self.now,
            startedAt: nil,
            finishedAt: nil
        )
        return JobEnd(TaskFailure(code, "It failed."), of: job, policy: Self.policy, now: Self.now)
    }

    @Test func aTransientFailureIsTriedAgainAfterABackOff() throws {
        guard case .retry("It failed.", let runAt, true, false) = end(.transient, attempt: 2) else {
            Issue.record("no retry")
            return
        }
        #expect((10_000...20_000).contains(runAt.milliseconds - Self.now.milliseconds))
    }

    @Test func theLastAttemptIsTheEnd() {
        #expect(end(.transient, attempt: 3) == .dead(error: "It failed.", helperDied: false))
        #expect(end(.crash, attempt: 3) == .dead(error: "It failed.", helperDied: true))
    }

    @Test func aPermanentFailureIsTheEndAtOnce() {
        #expect(end(.permanent, attempt: 1) == .dead(error: "It failed.", helperDied: false))
    }

    @Test func aSnoozeCostsNoAttemptAndWaitsJustSoLong() {
        let later = Timestamp(milliseconds: 1_007_000)
        let expected = JobEnd.retry(error: "It failed.", runAt: later, countsAttempt: false, helperDied: false)
        #expect(end(.snooze(.seconds(7)), attempt: 3) == expected)
    }

    @Test func theThirdDeathOfItsHelperIsPoison() {
        guard case .retry(_, _, true, true) = end(.crash, attempt: 1, helperDeaths: 1) else {
            Issue.record("no retry")
            return
        }
        let poison = JobEnd.dead(error: "It failed. Its helper died 3 times.", helperDied: true)
        #expect(end(.crash, attempt: 1, helperDeaths: 2) == poison)
    }

    @Test(arguments: [(1, 10), (2, 20), (3, 40), (4, 60), (5, 60), (200, 60)])
    func backOffDoublesUpToItsCapWithJitter(failures: Int, seconds: Int) {
        var seen: Set<Duration> = []
        for _ in 0..<100 {
            let delay = Self.policy.delay(after: failures)
            #expect(delay >= .seconds(seconds) / 2 && delay <= .seconds(seconds))
            seen.insert(delay)
        }
        #expect(seen.count > 50)
    }
}
