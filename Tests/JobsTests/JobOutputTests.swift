import Ingest
import IngestTesting
import Jobs
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct JobOutputTests {
    private func writing(_ text: String, to path: FilePath, then gate: Gate? = nil) -> ScriptedTask {
        ScriptedTask { work in
            let file = try await work.scratch.makeFile()
            _ = try await work.scratch.makeFile()
            try file.descriptor.writeAll(text.utf8)
            try await gate?.pass()
            return .done(result: "made", outputs: [TaskOutput(temporary: file, destination: path)])
        }
    }

    @Test func outputsAreInPlaceWhenTheJobIsDone() async throws {
        let fixture = try await JobsFixture()
        let task = writing("small", to: fixture.directory.file("thumbnails/256/sub/a.webp"))
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.result == "made")
        }
        #expect(try fixture.directory.read("thumbnails/256/sub/a.webp") == Array("small".utf8))
        #expect(fixture.directory.names(in: "tmp").isEmpty)
    }

    @Test func aRerunReplacesItsOutputs() async throws {
        let fixture = try await JobsFixture()
        let task = writing("new", to: fixture.directory.file("out/a"))
        try fixture.directory.makeDirectory("out")
        try fixture.directory.write("old".utf8, to: "out/a")
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(try fixture.directory.read("out/a") == Array("new".utf8))
    }

    @Test(arguments: [FileState.superseded, .deleted, .deleting])
    func nothingIsPutInPlaceForAFileThatWasReplacedOrDeleted(state: FileState) async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = writing("late", to: fixture.directory.file("out/a"), then: gate)
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            fixture.ledger.setState(try #require(job.file), state)
            gate.open()
        }
        #expect(!fixture.directory.exists("out/a"))
        #expect(fixture.directory.names(in: "tmp").isEmpty)
        #expect(try await fixture.queue.job(job.id)?.result == nil)
    }

    @Test func aJobCancelledWhileItRunsIsStoppedAndLeavesNothing() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = writing("late", to: fixture.directory.file("out/a"), then: gate)
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { runner in
            try await gate.arrivals(1)
            let cancelled = try #require(await fixture.queue.cancel(job.id, reason: "Cancelled by a client."))
            // The gate stays shut: only the cancellation ends the run.
            await runner.jobWasCancelled(cancelled)
        }
        #expect(gate.nowInside == 0)
        #expect(!fixture.directory.exists("out/a"))
        #expect(fixture.directory.names(in: "tmp").isEmpty)
        let ended = try await fixture.queue.job(job.id)
        #expect(ended?.state == .cancelled && ended?.error == "Cancelled by a client.")
    }

    @Test func theResultOfALostClaimDoesNotCount() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let runs = Locked(0)
        let destination = fixture.directory.file("out/a")
        let task = ScriptedTask { work in
            let run = runs.withLock { runs in
                runs += 1
                return runs
            }
            let file = try await work.scratch.makeFile()
            try file.descriptor.writeAll("run \(run)".utf8)
            try await gate.pass()
            return .done(result: "run \(run)", outputs: [TaskOutput(temporary: file, destination: destination)])
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            _ = try await fixture.queue.cancel(job.id, reason: "Cancelled by a client.")
            _ = try await fixture.queue.retry(job.id)
            try await gate.arrivals(1)
            // The first run holds the older token; it is let go first and must not count.
            gate.open(2)
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done && ended.result == "run 2")
        }
        #expect(try fixture.directory.read("out/a") == Array("run 2".utf8))
    }

    @Test func outputsOfAFileThatOthersTookYieldToTheNextGenerations() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = writing("old", to: fixture.directory.file("out/a"), then: gate)
        let job = try await fixture.enqueue(task, "a")
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            fixture.ledger.setState(try #require(job.file), .gone)
            try fixture.remove("a")
            _ = try fixture.publish("a", "the next one")
            gate.open()
            let ended = try await fixture.ended(job)
            #expect(ended.state == .cancelled && ended.error == "The file was replaced.")
        }
        #expect(!fixture.directory.exists("out/a"))
    }

    @Test func aFileThatOthersTookStillGetsItsOutputs() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = writing("made", to: fixture.directory.file("out/a"), then: gate)
        let job = try await fixture.enqueue(task, "a")
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            fixture.ledger.setState(try #require(job.file), .gone)
            try fixture.remove("a")
            gate.open()
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(fixture.directory.exists("out/a"))
    }

    @Test(arguments: ["setMode", "syncData", "rename", "syncDirectory", "makeDirectory"])
    func anOutputThatCannotBePlacedIsATransientFailure(call: String) async throws {
        let isBroken = Locked(false)
        let fixture = try await JobsFixture(
            calls: PlainFileCalls { name throws(Errno) in
                if name == call, isBroken.withLock({ $0 }) { throw .noSpace }
            }
        )
        isBroken.withLock { $0 = true }
        let task = writing("small", to: fixture.directory.file("out/a"))
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let failed = try await fixture.queue.job(job.id) { $0.state == .ready && $0.attempt == 1 }
            #expect(failed.error?.hasPrefix("The output could not be put in place") == true)
            isBroken.withLock { $0 = false }
            let wait = failed.runAt.milliseconds - fixture.time.wallClock.now().milliseconds
            try await fixture.time.sleep(of: .milliseconds(wait))
            fixture.time.advance(by: .milliseconds(wait))
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(try fixture.directory.read("out/a") == Array("small".utf8))
    }

    @Test func anOutputInTheWayOfAnotherIsAPermanentFailure() async throws {
        let fixture = try await JobsFixture()
        try fixture.directory.makeDirectory("out/a.webp")
        let task = writing("small", to: fixture.directory.file("out/a.webp"))
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .dead && ended.error == "Another file's output is in the way of this one's.")
        }
    }

    @Test func scratchFilesOfADeadDaemonAreSwept() async throws {
        let directory = try TemporaryDirectory()
        try directory.makeDirectory("tmp")
        try directory.write("left".utf8, to: "tmp/job-1-1-1")
        let threads = BlockingThreads(name: "jobs-test", count: 1)
        _ = try await ScratchDirectory.open(directory.file("tmp"), calls: PlainFileCalls(), threads: threads)
        #expect(directory.names(in: "tmp").isEmpty)
    }

    @Test(arguments: [true, false])
    func whatIsObsoleteIsRemovedBeforeTheJobEnds(isDone: Bool) async throws {
        let fixture = try await JobsFixture()
        let obsolete = ["out/a", "out/missing", "nowhere/a", "out/a/below"].map { fixture.directory.file($0) }
        try fixture.directory.makeDirectory("out")
        try fixture.directory.write("earlier".utf8, to: "out/a")
        try fixture.directory.write("another's".utf8, to: "out/b")
        let task = ScriptedTask { _ in
            isDone
                ? .done(result: "nothing", obsolete: obsolete) : .refused(reason: "It is damaged.", obsolete: obsolete)
        }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == (isDone ? .done : .dead) && ended.attempt == 1)
            #expect(isDone ? ended.result == "nothing" : ended.error == "It is damaged.")
        }
        #expect(fixture.directory.names(in: "out") == ["b"])
    }

    @Test func whatIsObsoleteStaysForTheGenerationThatReplacedTheFile() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let obsolete = fixture.directory.file("out/a")
        try fixture.directory.makeDirectory("out")
        try fixture.directory.write("the next one's".utf8, to: "out/a")
        let task = ScriptedTask { _ in
            try await gate.pass()
            return .done(obsolete: [obsolete])
        }
        let job = try await fixture.enqueue(task, "a")
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            fixture.ledger.setState(try #require(job.file), .superseded)
            gate.open()
        }
        #expect(fixture.directory.exists("out/a"))
    }

    @Test func anObsoleteFileThatCannotBeRemovedIsATransientFailure() async throws {
        let isBroken = Locked(true)
        let fixture = try await JobsFixture(
            calls: PlainFileCalls { name throws(Errno) in
                if name == "unlink", isBroken.withLock({ $0 }) { throw .ioError }
            }
        )
        try fixture.directory.makeDirectory("out")
        try fixture.directory.write("earlier".utf8, to: "out/a")
        let obsolete = fixture.directory.file("out/a")
        let task = ScriptedTask { _ in .done(obsolete: [obsolete]) }
        let job = try await fixture.enqueue(task)
        try await fixture.running([task]) { _ in
            let failed = try await fixture.queue.job(job.id) { $0.state == .ready && $0.attempt == 1 }
            isBroken.withLock { $0 = false }
            let wait = failed.runAt.milliseconds - fixture.time.wallClock.now().milliseconds
            try await fixture.time.sleep(of: .milliseconds(wait))
            fixture.time.advance(by: .milliseconds(wait))
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(!fixture.directory.exists("out/a"))
    }
}
