import Ingest
import IngestTesting
import Jobs
import Testing

@Suite(.timeLimit(.minutes(1))) struct ScheduleTests {
    private func enqueued(_ fixture: JobsFixture, atLeast count: Int) async throws {
        while await fixture.queue.calls["enqueue"] ?? 0 < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func tasksAreEnqueuedAtTheirIntervalAndWaitingOnesNotAgain() async throws {
        let fixture = try await JobsFixture()
        let job = PlannedJob(kind: JobKind("scan"), maxAttempts: 1)
        let schedule = Schedule(
            [Schedule.Entry(job: job, interval: .seconds(600), runsAtStart: true)],
            queue: fixture.queue,
            clock: fixture.time,
            logger: JobsFixture.silence
        )
        try await fixture.running(schedule) { _, _ in
            for count in 1...3 {
                try await enqueued(fixture, atLeast: count)
                while fixture.time.sleeps.isEmpty {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                let wait = try #require(fixture.time.sleeps.first)
                #expect(wait >= .seconds(540) && wait <= .seconds(600))
                fixture.time.advance(by: wait)
            }
        }
        #expect(try await fixture.queue.jobs(matching: JobFilter(), before: nil, limit: 10).count == 1)
    }

    @Test func anErrorIsTriedAgainSoon() async throws {
        let fixture = try await JobsFixture()
        await fixture.queue.fail("enqueue", times: 1)
        let job = PlannedJob(kind: JobKind("scan"), maxAttempts: 1)
        let schedule = Schedule(
            [Schedule.Entry(job: job, interval: .seconds(600), runsAtStart: true)],
            queue: fixture.queue,
            clock: fixture.time,
            logger: JobsFixture.silence
        )
        try await fixture.running(schedule) { _, _ in
            try await enqueued(fixture, atLeast: 1)
            while fixture.time.sleeps.isEmpty {
                try Task.checkCancellation()
                await Task.yield()
            }
            let wait = try #require(fixture.time.sleeps.first)
            #expect(wait <= .seconds(1))
            fixture.time.advance(by: wait)
            try await enqueued(fixture, atLeast: 2)
        }
        #expect(try await fixture.queue.jobs(matching: JobFilter(), before: nil, limit: 10).count == 1)
    }
}
