import Ingest
import IngestTesting
import Jobs
import Logging
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct JobRunnerLogTests {
    @Test(arguments: [
        (TaskFailure.Code?.none, Logger.Level.debug, "job done"), (.transient, .warning, "job to be run again"),
        (.permanent, .error, "job dead"),
    ])
    func anAttemptIsOneLineThatNamesJobFileAndUpload(
        code: TaskFailure.Code?,
        level: Logger.Level,
        message: String
    ) async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask { _ in
            if let code { throw TaskFailure(code, "It failed.") }
            return .done()
        }
        let record = try fixture.publish("a.txt")
        let job = try await fixture.enqueue(task, for: record)
        let recorder = LogRecorder()
        try await fixture.running([task], logger: recorder.logger) { _ in
            _ = try await fixture.queue.job(job.id) { $0.state.isFinal || $0.attempt == 1 && $0.state == .ready }
        }
        let lines = recorder.lines.withLock { $0 }
        #expect(lines.count == 1)
        let line = try #require(lines.first)
        #expect(line.level == level && line.message == message)
        #expect(line.metadata["job.id"] == "\(job.id.rawValue)")
        #expect(line.metadata["job.kind"] == "work")
        #expect(line.metadata["job.attempt"] == "1")
        #expect(line.metadata["file.id"] == "\(record.id.rawValue)")
        #expect(line.metadata["file.path"] == "a.txt")
        #expect(line.metadata["upload.id"] == "\(record.upload)")
    }

    @Test func aCorruptFileIsLoud() async throws {
        let fixture = try await JobsFixture()
        let task = ScriptedTask { _ in .corrupt(reason: "Other bytes.") }
        let job = try await fixture.enqueue(task)
        let recorder = LogRecorder()
        try await fixture.running([task], logger: recorder.logger) { _ in
            _ = try await fixture.ended(job)
        }
        let loud = try #require(recorder.lines.withLock { $0 }.first { $0.level == .critical })
        #expect(loud.message == "file is corrupt" && loud.metadata["file.path"] == "a.txt")
    }
}
