import Ingest
import IngestTesting
import Jobs
import Logging
import PostProcessing
import SystemPackage
import Testing
import Threading

/// What every task on files must keep to, whatever it does.
@Suite(.timeLimit(.minutes(1))) struct FileTaskConformanceTests {
    enum Kind: CaseIterable, Sendable {
        case checksum
        case thumbnail
    }

    /// The task, made so that it comes to `pause` in the middle of its work.
    private func task(
        _ kind: Kind,
        _ fixture: TaskFixture,
        pausing pause: (@Sendable () -> Void)? = nil
    ) -> any PostProcessingTask {
        switch kind {
        case .checksum:
            let calls = PlainFileCalls { name throws(Errno) in if name == "read" { pause?() } }
            return ChecksumTask(concurrency: 1, calls: calls, threads: fixture.threads)
        case .thumbnail:
            let renderer = RendererFake(pause == nil ? .made : .hang) { pause?() }
            return ThumbnailTask(
                ThumbnailTask.Options(workers: 1),
                layout: ThumbnailLayout(
                    fixture.directory.file("thumbnails"),
                    calls: fixture.calls,
                    threads: fixture.threads
                ),
                renderer: renderer,
                calls: fixture.calls,
                threads: fixture.threads
            )
        }
    }

    private func runner(_ task: any PostProcessingTask, _ fixture: TaskFixture) -> JobRunner {
        let ports = JobPorts(
            queue: fixture.queue,
            ledger: fixture.ledger,
            files: fixture.files,
            ends: JobEnds(),
            locks: FileLocks(),
            scratch: fixture.scratch,
            placement: OutputPlacement(scratch: fixture.scratch),
            metrics: JobMetrics(kinds: [task.description.kind]),
            wallClock: fixture.time.wallClock,
            clock: fixture.time
        )
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        return JobRunner(TaskCatalog([task]), ports: ports, options: JobOptions(workers: 1), logger: logger)
    }

    /// Runs one job of the task to its end.
    private func end(_ task: any PostProcessingTask, on record: FileRecord, _ fixture: TaskFixture) async throws -> Job
    {
        let job = try #require(try await fixture.queue.enqueue([task.description.job], for: record.id).first)
        let runner = runner(task, fixture)
        let running = Task { try await runner.run() }
        let ended = try await fixture.queue.job(job.id) { $0.state.isFinal }
        running.cancel()
        try await running.value
        return ended
    }

    @Test(arguments: Kind.allCases)
    func asManyRunsAsOneGiveTheSame(kind: Kind) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Samples.png)
        let task = task(kind, fixture)
        let first = try await end(task, on: record, fixture)
        let thumbnails = fixture.directory.names(in: "thumbnails/256")
        let second = try await end(task, on: record, fixture)
        #expect(first.id != second.id)
        #expect(first.state == .done && second.state == .done)
        #expect(first.result == second.result && first.result != nil)
        #expect(fixture.directory.names(in: "thumbnails/256") == thumbnails)
        #expect(fixture.directory.names(in: "tmp").isEmpty)
    }

    @Test func theThumbnailOfAReplacedImageGoesWhenTheNextGenerationHasNone() async throws {
        let fixture = try await TaskFixture()
        let task = task(.thumbnail, fixture)
        let image = try fixture.publish(Samples.png)
        #expect(try await end(task, on: image, fixture).state == .done)
        #expect(fixture.directory.names(in: "thumbnails/256") == ["a.webp"])
        let text = try fixture.publish(Array("text".utf8))
        #expect(try await end(task, on: text, fixture).result == "not applicable")
        #expect(fixture.directory.names(in: "thumbnails/256").isEmpty)
    }

    @Test(arguments: Kind.allCases)
    func aRunCancelledMidwayLeavesNothingAndCostsNoAttempt(kind: Kind) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Samples.png + [UInt8](repeating: 1, count: 3 << 20))
        let arrived = AsyncSemaphore(permits: 0)
        let isStopped = Locked(false)
        let task = task(kind, fixture) {
            arrived.signal()
            if kind == .checksum {
                // On a blocking thread, held until the stop.
                while !isStopped.withLock({ $0 }) {}
            }
        }
        let job = try #require(try await fixture.queue.enqueue([task.description.job], for: record.id).first)
        let runner = runner(task, fixture)
        let running = Task { try await runner.run() }
        try await arrived.wait()
        running.cancel()
        isStopped.withLock { $0 = true }
        try await running.value
        let handedBack = try await fixture.queue.job(job.id)
        #expect(handedBack?.state == .ready && handedBack?.attempt == 0)
        #expect(fixture.directory.names(in: "tmp").isEmpty)
        #expect(!fixture.directory.exists("thumbnails"))
    }

    @Test(arguments: Kind.allCases)
    func aFileGoneBeforeTheStartCancelsTheJob(kind: Kind) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish(Samples.png)
        try PlainFileCalls().unlink(fixture.directory.file("bucket/a"), in: .workingDirectory)
        let ended = try await end(task(kind, fixture), on: record, fixture)
        #expect(ended.state == .cancelled && ended.error == "The file is gone.")
    }

    @Test(arguments: Kind.allCases)
    func anEmptyFileIsDone(kind: Kind) async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish([])
        let ended = try await end(task(kind, fixture), on: record, fixture)
        #expect(ended.state == .done && ended.result != nil)
    }

    @Test(arguments: Kind.allCases)
    func aJobWithoutAFileFailsForGood(kind: Kind) async throws {
        let fixture = try await TaskFixture()
        let task = task(kind, fixture)
        let scratch = fixture.scratch.scratch(named: "job-1-1")
        let work = try fixture.work(task, record: nil, file: nil, scratch: scratch)
        await #expect(throws: TaskFailure(.permanent, "The job names no file.")) { _ = try await task.run(work) }
    }
}
