import Ingest
import IngestTesting
import Jobs
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct JobRunnerStopTests {
    @Test func whatRunsMayEndWithinTheDrainTimeoutAndNothingElseIsClaimed() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask(concurrency: 1) { _ in
            try await gate.pass()
            return .done()
        }
        let (first, second) = (try await fixture.enqueue(task, "a"), try await fixture.enqueue(task, "b"))
        try await fixture.running(fixture.runner([task])) { _, stop in
            try await gate.arrivals(1)
            await stop()
            try await fixture.time.sleep(of: .seconds(20))
            gate.open()
        }
        #expect(try await fixture.queue.job(first.id)?.state == .done)
        #expect(try await fixture.queue.job(second.id)?.state == .ready)
    }

    @Test func whatRunsLongerIsHandedBackUncounted() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask { work in
            _ = try await work.scratch.makeFile()
            try await gate.pass()
            return .done()
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running(fixture.runner([task])) { _, stop in
            try await gate.arrivals(1)
            await stop()
            try await fixture.time.sleep(of: .seconds(20))
            fixture.time.advance(by: .seconds(20))
        }
        let handedBack = try #require(try await fixture.queue.job(job.id))
        #expect(handedBack.state == .ready && handedBack.attempt == 0 && handedBack.rescues == 0)
        #expect(handedBack.runAt == fixture.time.wallClock.now())
        #expect(fixture.directory.names(in: "tmp").isEmpty)
        #expect(fixture.files.releasedFiles.isEmpty)
    }

    @Test func aCancelledRunnerHandsBackAtOnce() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask { _ in
            try await gate.pass()
            return .done()
        }
        let job = try await fixture.enqueue(task)
        let runner = fixture.runner([task])
        let running = Task { try await runner.run() }
        try await gate.arrivals(1)
        running.cancel()
        try await running.value
        let handedBack = try await fixture.queue.job(job.id)
        #expect(handedBack?.state == .ready && handedBack?.attempt == 0)
    }

    @Test func aStopDoesNotWaitForALedgerThatIsBroken() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask { _ in
            try await gate.pass()
            return .done()
        }
        let job = try await fixture.enqueue(task)
        await fixture.queue.fail("finish", times: .max)
        try await fixture.running(fixture.runner([task])) { _, stop in
            try await gate.arrivals(1)
            await stop()
            gate.open()
            let time = fixture.time
            while await fixture.queue.calls["finish"] ?? 0 < 3 {
                time.advance(by: .milliseconds(1))
                try Task.checkCancellation()
                await Task.yield()
            }
        }
        #expect(try await fixture.queue.job(job.id)?.state == .running)
    }

    @Test func jobsOfADeadDaemonAreRescuedOneAtATimeBeforeAnythingElse() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let order = Locked<[String]>([])
        let task = ScriptedTask { work in
            order.withLock { $0.append(work.claim.job.path?.description ?? "") }
            try await gate.pass()
            return .done()
        }
        var jobs = [try await fixture.enqueue(task, "a"), try await fixture.enqueue(task, "b")]
        // A daemon that took two jobs and died.
        #expect(try await fixture.queue.claim(capacity: [task.description.kind: 2]).count == 2)
        jobs.append(try await fixture.enqueue(task, "c"))
        jobs.append(try await fixture.enqueue(task, "d"))
        try await fixture.running([task]) { _ in
            for _ in jobs {
                try await gate.arrivals(1)
                gate.open()
            }
            for job in jobs {
                let ended = try await fixture.ended(job)
                #expect(ended.state == .done)
            }
        }
        #expect(order.withLock { Set($0.prefix(2)) } == ["a", "b"])
        #expect(order.withLock { $0.count } == 4)
        let rescued = try await fixture.queue.job(jobs[0].id)
        #expect(rescued?.rescues == 1 && rescued?.attempt == 1)
    }

    @Test func rescuedJobsNeverRunBesideOthers() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask(concurrency: 4) { _ in
            try await gate.pass()
            return .done()
        }
        let jobs = [try await fixture.enqueue(task, "a"), try await fixture.enqueue(task, "b")]
        _ = try await fixture.queue.claim(capacity: [task.description.kind: 2])
        try await fixture.running([task]) { _ in
            gate.open(2)
            for job in jobs {
                let ended = try await fixture.ended(job)
                #expect(ended.state == .done)
            }
        }
        #expect(gate.mostInside == 1)
    }
}
