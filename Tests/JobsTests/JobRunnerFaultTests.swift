import Ingest
import IngestTesting
import Jobs
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct JobRunnerFaultTests {
    /// Moves the time whenever all wait, until the job has ended.
    private func outlast(_ fixture: JobsFixture, _ job: Job) async throws -> Job {
        while true {
            if let now = try await fixture.queue.job(job.id), now.state.isFinal { return now }
            if let next = fixture.time.sleeps.first {
                fixture.time.advance(by: min(next, .seconds(1)))
            }
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(arguments: ["claim", "nextDue", "rescue", "finish", "holds", "jobsOf"])
    func aBusyLedgerIsAskedAgainAndNothingIsLost(call: String) async throws {
        let fixture = try await JobsFixture()
        let runs = Locked(0)
        let destination = fixture.directory.file("out/a")
        let task = ScriptedTask(deadline: .seconds(10_000)) { work in
            runs.withLock { $0 += 1 }
            let file = try await work.scratch.makeFile()
            return .done(outputs: [TaskOutput(temporary: file, destination: destination)])
        }
        let job = try await fixture.enqueue(task)
        await fixture.queue.fail(call, times: 4)
        try await fixture.running([task]) { _ in
            let ended = try await outlast(fixture, job)
            #expect(ended.state == .done && ended.attempt == 1)
        }
        #expect(runs.withLock { $0 } == 1)
        #expect(fixture.directory.exists("out/a"))
    }

    @Test func aLedgerThatStaysBrokenIsNotAskedWithoutPause() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask()
        await fixture.queue.fail("claim", times: .max)
        try await fixture.running([task]) { runner in
            for _ in 0..<6 {
                while fixture.time.sleeps.isEmpty {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                let before = await fixture.queue.calls["claim"]
                for _ in 0..<100 {
                    runner.wake()
                    try Task.checkCancellation()
                    await Task.yield()
                }
                #expect(await fixture.queue.calls["claim"] == before)
                fixture.time.advance(by: .seconds(30))
                while await fixture.queue.calls["claim"] == before {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
        }
    }

    @Test func aDueJobThatCannotBeClaimedDoesNotMakeTheRunnerSpin() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask(concurrency: 4) { _ in
            try await gate.pass()
            return .done()
        }
        // Two rescued jobs: while the first runs the second is due, and must wait.
        let jobs = [try await fixture.enqueue(task, "a"), try await fixture.enqueue(task, "b")]
        _ = try await fixture.queue.claim(capacity: [task.description.kind: 2])
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            try await fixture.time.sleep(of: .seconds(1))
            let calls = await fixture.queue.calls["claim"] ?? 0
            #expect(calls < 10)
            gate.open(2)
            for job in jobs {
                let ended = try await fixture.ended(job)
                #expect(ended.state == .done)
            }
        }
    }
}
