import Digests
import Ingest
import IngestTesting
import Jobs
import Testing

@Suite(.timeLimit(.minutes(1))) struct JobDigestTests {
    private static let digests = {
        var digests = StreamingDigests([.md5, .sha1])
        digests.update([1, 2, 3])
        return digests.finalize()
    }()

    /// With an output and without: the two come to the ledger by different ways.
    @Test(arguments: [true, false])
    func digestsAreRecordedWithTheEndOfTheJob(hasOutput: Bool) async throws {
        let fixture = try await JobsFixture()
        let destination = fixture.directory.file("out/a")
        let task = ScriptedTask { work in
            let file = try await work.scratch.makeFile()
            let outputs = hasOutput ? [TaskOutput(temporary: file, destination: destination)] : []
            return .done(result: "ok", outputs: outputs, digests: Self.digests)
        }
        let job = try await fixture.enqueue(task)
        let file = try #require(job.file)
        try await fixture.running([task]) { _ in
            let ended = try await fixture.ended(job)
            #expect(ended.state == .done)
        }
        #expect(fixture.ledger.row(file)?.digests == Self.digests)
        #expect(fixture.directory.exists("out/a") == hasOutput)
    }

    @Test func aJobThatWasTakenAwayRecordsNone() async throws {
        let fixture = try await JobsFixture()
        let gate = Gate()
        let task = ScriptedTask { _ in
            try await gate.pass()
            return .done(digests: Self.digests)
        }
        let job = try await fixture.enqueue(task)
        let file = try #require(job.file)
        try await fixture.running([task]) { _ in
            try await gate.arrivals(1)
            fixture.ledger.setState(file, .superseded)
            gate.open()
        }
        #expect(fixture.ledger.row(file)?.digests.isEmpty == true)
    }
}
