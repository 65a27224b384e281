import Ingest
import IngestTesting
import Jobs
import Logging
import Metrics
import ServiceLifecycle
import SystemPackage
import Threading

/// A bucket, a queue and a runner's other ports, in memory and a directory of their own.
struct JobsFixture {
    let time = ManualTime()
    let directory: TemporaryDirectory
    let ledger: InMemoryFileLedger
    let queue: InMemoryJobQueue
    let files: DirectoryBucketFiles
    let ends = JobEnds()
    let scratch: ScratchDirectory
    let threads = BlockingThreads(name: "jobs-test", count: 2)
    var metricsFactory: any MetricsFactory = NOOPMetricsHandler.instance
    private let waker = Waker()

    init(calls: PlainFileCalls = PlainFileCalls()) async throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
        ledger = InMemoryFileLedger(clock: time.wallClock)
        queue = InMemoryJobQueue(ledger: ledger, clock: time.wallClock) { [waker] in waker.wake() }
        files = DirectoryBucketFiles(directory.file("bucket"), ledger: ledger)
        scratch = try await ScratchDirectory.open(directory.file("tmp"), calls: calls, threads: threads)
    }

    /// Publishes a file of this content.
    func publish(_ path: String, _ content: String = "content") throws -> FileRecord {
        try directory.write(content.utf8, to: "bucket/\(path)")
        let calls = PlainFileCalls()
        let status = try calls.status(of: directory.file("bucket/\(path)"), in: .workingDirectory)
        let digest = SHA256Digest([UInt8](repeating: 0, count: 32))
        guard let digest else { throw TaskFailure(.permanent, "no digest") }
        return ledger.add(
            path: BucketPath(recorded: Array(path.utf8)),
            identity: status.identity,
            digest: digest
        )
    }

    /// Somebody takes the file away.
    func remove(_ path: String) throws {
        try PlainFileCalls().unlink(directory.file("bucket/\(path)"), in: .workingDirectory)
    }

    /// Publishes a file with one job of the kind.
    func enqueue(_ task: ScriptedTask, _ path: String = "a.txt") async throws -> Job {
        let record = try publish(path)
        return try await enqueue(task, for: record)
    }

    func enqueue(_ task: ScriptedTask, for record: FileRecord) async throws -> Job {
        let jobs = try await queue.enqueue([task.description.job], for: record.id)
        guard let job = jobs.first else { throw TaskFailure(.permanent, "no job") }
        return job
    }

    func runner(
        _ tasks: [ScriptedTask],
        workers: Int = 4,
        calls: PlainFileCalls = PlainFileCalls(),
        logger: Logger = silence
    ) -> JobRunner {
        let ports = JobPorts(
            queue: queue,
            ledger: ledger,
            files: files,
            ends: ends,
            locks: FileLocks(),
            scratch: scratch,
            placement: OutputPlacement(scratch: scratch),
            metrics: JobMetrics(kinds: tasks.map(\.description.kind), factory: metricsFactory),
            wallClock: time.wallClock,
            clock: time
        )
        let runner = JobRunner(
            TaskCatalog(tasks),
            ports: ports,
            options: JobOptions(workers: workers, drainTimeout: .seconds(20)),
            logger: logger
        )
        waker.runner.withLock { $0 = runner }
        return runner
    }

    /// Runs `body` beside a runner, which is stopped gracefully afterwards; returns once it ended.
    func running(
        _ tasks: [ScriptedTask],
        workers: Int = 4,
        logger: Logger = silence,
        _ body: (JobRunner) async throws -> Void
    ) async throws {
        try await running(runner(tasks, workers: workers, logger: logger)) { runner, _ in try await body(runner) }
    }

    /// Runs `body` beside a service, which is stopped gracefully at its end or when it asks for that.
    func running<Running: Service>(
        _ service: Running,
        _ body: (Running, _ stop: @Sendable () async -> Void) async throws -> Void
    ) async throws {
        let configuration = ServiceGroupConfiguration.ServiceConfiguration(
            service: service,
            successTerminationBehavior: .gracefullyShutdownGroup
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [configuration], logger: Self.silence)
        )
        let running = Task { try await group.run() }
        do {
            try await body(service) { await group.triggerGracefulShutdown() }
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func ended(_ job: Job) async throws -> Job {
        try await queue.job(job.id) { $0.state.isFinal }
    }
}

private final class Waker: Sendable {
    let runner = Locked<JobRunner?>(nil)
    func wake() { runner.withLock { $0 }?.wake() }
}
