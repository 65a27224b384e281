import Ingest
import IngestTesting
import Jobs
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct JobRunnerTests {
    @Test func aJobReadsItsFileAndEndsDoneWithItsResult() async throws {
        let fixture = try await JobsFixture()
        let read = Locked<[UInt8]>([])
        let task = ScriptedTask { work in
            let (record, file) = try work.source()
            var bytes = [UInt8](repeating: 0, count: 100)
            let count = try bytes.withUnsafeMutableBytes { try file.descriptor.read(into: $0) }
            read.withLock { [bytes] in $0 = Array(bytes.prefix(count)) }
            return .done(result: record.path.description)
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done && ended.result == "a.txt" && ended.attempt == 1)
        }
        #expect(read.withLock { $0 } == Array("content".utf8))
        #expect(fixture.files.releasedFiles == [try #require(job.file)])
    }

    @Test func aJobThatComesLaterIsRunWithoutThePoll() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask()
        try await fixture.running([task]) { _ in
            try await fixture.time.sleep(of: .seconds(30))
            let job = try await fixture.enqueue(task)
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(fixture.time.now.offset == .zero)
    }

    @Test func aTransientFailureIsRunAgainWhenItsBackOffIsOver() async throws {
        let fixture = try await JobsFixture()
        let runs = Locked(0)
        let task = ScriptedTask { _ in
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            if run < 3 { throw TaskFailure(.transient, "Run \(run) failed.") }
            return .done(result: "run \(run)")
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            for attempt in 1...2 {
                let failed = try await fixture.queue.job(job.id) { $0.state == .ready && $0.attempt == attempt }
                #expect(failed.error == "Run \(attempt) failed.")
                let wait = failed.runAt.milliseconds - fixture.time.wallClock.now().milliseconds
                try await fixture.time.sleep(of: .milliseconds(wait))
                fixture.time.advance(by: .milliseconds(wait))
            }
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done && ended.attempt == 3 && ended.result == "run 3")
        }
    }

    @Test(arguments: [
        (TaskFailure.Code.permanent, 1), (.transient, 3), (.crash, 3), (.snooze(.seconds(1)), 0),
    ])
    func failuresEndAsTheirClassSays(code: TaskFailure.Code, runs expected: Int) async throws {
        let fixture = try await JobsFixture()
        let runs = Locked(0)
        let task = ScriptedTask(maxAttempts: code == .crash ? 10 : 3) { _ in
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            if case .snooze = code, run > 5 { return .done() }
            throw TaskFailure(code, "It failed.")
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            while true {
                let seen = try await fixture.queue.job(job.id) { job in
                    job.state.isFinal || job.state == .ready && job.runAt > fixture.time.wallClock.now()
                }
                if seen.state.isFinal { break }
                fixture.time.advance(
                    by: .milliseconds(seen.runAt.milliseconds - fixture.time.wallClock.now().milliseconds)
                )
            }
            let ended = try await fixture.ended(job)
            if case .snooze = code {
                #expect(ended.state == .done && ended.attempt == 1)
            } else {
                #expect(ended.state == .dead && runs.withLock { $0 } == expected)
                #expect(ended.error?.hasPrefix("It failed.") == true)
                #expect(ended.helperDeaths == (code == .crash ? 3 : 0))
            }
        }
        #expect(fixture.files.releasedFiles.count == 1)
    }

    @Test func anUnknownErrorCountsAsTransient() async throws {
        struct Odd: Error {}
        let fixture = try await JobsFixture()
        let task = ScriptedTask(maxAttempts: 1) { _ in throw Odd() }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .dead && ended.error == "The task failed: Odd()")
        }
    }

    @Test func aRunThatTakesTooLongIsCancelledAndTriedAgain() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask(deadline: .seconds(5)) { _ in
            try await gate.pass()
            return .done()
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            try await fixture.time.sleep(of: .seconds(5))
            fixture.time.advance(by: .seconds(5))
            let failed = try await fixture.queue.job(job.id) { $0.state == .ready }
            #expect(failed.error == "It took longer than 5.0 seconds." && failed.attempt == 1)
        }
    }

    @Test func noMoreJobsRunThanTheirKindAndTheWorkersAllow() async throws {
        let fixture = try await JobsFixture()
        let (gate, other) = (Gate(), Gate())
        let tasks = [
            ScriptedTask("a", concurrency: 2) { _ in
                try await gate.pass()
                return .done()
            },
            ScriptedTask("b", concurrency: 5) { _ in
                try await other.pass()
                return .done()
            },
        ]
        var jobs: [Job] = []
        for number in 0..<6 {
            let record = try fixture.publish("\(number)")
            for task in tasks {
                jobs.append(try await fixture.enqueue(task, for: record))
            }
        }
        try await fixture.running(tasks, workers: 3) { _ in
            for _ in 0..<6 {
                gate.open()
                other.open()
            }
            for job in jobs {
                let ended = try await fixture.ended(job)
                #expect(ended.state == .done)
            }
        }
        #expect((1...2).contains(gate.mostInside))
        #expect((1...3).contains(other.mostInside))
        #expect(Set(fixture.files.releasedFiles).count == 6)
    }

    @Test func aFileGoneBeforeTheStartCancelsItsJob() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask { _ in
            Issue.record("it ran")
            return .done()
        }
        let job = try await fixture.enqueue(task)
        try fixture.remove("a.txt")
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .cancelled && ended.error == "The file is gone.")
        }
        #expect(fixture.files.releasedFiles.count == 1)
    }

    @Test func aFileChangedOutsideCancelsItsJob() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask()
        let job = try await fixture.enqueue(task)
        try fixture.directory.write("other, longer content".utf8, to: "bucket/a.txt")
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .cancelled && ended.error == "The file was changed outside.")
        }
    }

    @Test func aCorruptFileIsMarkedAndItsJobDead() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask { _ in .corrupt(reason: "Other bytes.") }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .dead && ended.error == "Other bytes.")
        }
        #expect(fixture.ledger.row(try #require(job.file))?.state == .corrupt)
    }

    @Test func aPeriodicTaskRunsWithoutAFile() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask(isPeriodic: true) { work in .done(result: work.file == nil ? "none" : "some") }
        let job = try await fixture.queue.enqueue(task.description.job)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.result == "none")
        }
    }

    @Test func waitersAreToldOfAnEndThatIsCommitted() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask { _ in
            try await gate.pass()
            return .done()
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            async let wait: Void = fixture.ends.wait(for: job.id)
            while !fixture.ends.isAwaited(job.id) {
                try Task.checkCancellation()
                await Task.yield()
            }
            gate.open()
            await wait
            #expect(try await fixture.queue.job(job.id)?.state == .done)
        }
    }

    @Test func aJobWhoseFileIsBeingComparedWaitsAtNoCostAndHoldsNobodyBack() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask()
        let first = try await fixture.enqueue(task, "a")
        let file = try #require(first.file)
        fixture.files.setUndecided(file, true)
        try await fixture.running([task], workers: 1) { _ in
            let waiting = try await fixture.queue.job(first.id) { $0.state == .ready && $0.error != nil }
            #expect(waiting.attempt == 0)
            #expect(waiting.runAt == fixture.time.wallClock.now().advanced(by: .seconds(30)))
            let second = try await fixture.enqueue(task, "b")
            #expect(try await fixture.ended(second).state == .done)
            fixture.files.setUndecided(file, false)
            try await fixture.time.sleep(of: .seconds(30))
            fixture.time.advance(by: .seconds(30))
            let ended = try await fixture.ended(first)
            #expect(ended.state == .done && ended.attempt == 1)
        }
    }
}
