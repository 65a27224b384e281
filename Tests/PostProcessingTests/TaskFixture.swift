import Digests
import Ingest
import IngestTesting
import Jobs
import Logging
import PostProcessing
import SystemPackage
import Threading

/// A published file and what a task needs to work on it, without a runner.
struct TaskFixture {
    let directory: TemporaryDirectory
    let calls: PlainFileCalls
    let threads = BlockingThreads(name: "task-test", count: 2)
    let time = ManualTime()
    let ledger: InMemoryFileLedger
    let queue: InMemoryJobQueue
    let files: DirectoryBucketFiles
    let scratch: ScratchDirectory

    init(calls: PlainFileCalls = PlainFileCalls()) async throws {
        self.calls = calls
        directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
        ledger = InMemoryFileLedger(clock: time.wallClock)
        queue = InMemoryJobQueue(ledger: ledger, clock: time.wallClock)
        files = DirectoryBucketFiles(directory.file("bucket"), ledger: ledger)
        scratch = try await ScratchDirectory.open(directory.file("tmp"), calls: calls, threads: threads)
    }

    /// Publishes a file; `digest` is what the ledger says of it, by default the truth.
    func publish(_ content: [UInt8], as path: String = "a", digest: SHA256Digest? = nil) throws -> FileRecord {
        try directory.write(content, to: "bucket/\(path)")
        let status = try PlainFileCalls().status(of: directory.file("bucket/\(path)"), in: .workingDirectory)
        return ledger.add(
            path: BucketPath(recorded: Array(path.utf8)),
            identity: status.identity,
            digest: try digest ?? Self.digest(content)
        )
    }

    static func digest(_ content: [UInt8]) throws -> SHA256Digest {
        var hash = StreamingDigest(.sha256)
        hash.update(content[...])
        guard let digest = SHA256Digest(hash.finalize().bytes) else { throw Errno.invalidArgument }
        return digest
    }

    /// Runs the task once on an open file; `outputs` sees the outcome before the scratch files are removed.
    func run(
        _ task: some PostProcessingTask,
        on record: FileRecord,
        meanwhile: (FileDescriptor) throws -> Void = { _ in },
        outcome: (TaskOutcome) async throws -> Void
    ) async throws {
        let path = directory.file("bucket").pushing(record.path.filePath)
        let descriptor = try FileDescriptor.open(path, .readOnly)
        let scratch = scratch.scratch(named: "job-1-\(UInt64.random(in: 0 ... .max))")
        do {
            try meanwhile(descriptor)
            let status = try PlainFileCalls().status(of: descriptor)
            let file = OpenedFile(descriptor: descriptor, status: status, record: record)
            try await outcome(try await task.run(try work(task, record: record, file: file, scratch: scratch)))
        } catch {
            _ = await scratch.remove()
            try descriptor.close()
            throw error
        }
        _ = await scratch.remove()
        try descriptor.close()
    }

    func work(
        _ task: some PostProcessingTask,
        record: FileRecord?,
        file: OpenedFile?,
        scratch: Scratch
    ) throws -> JobWork {
        let now = time.wallClock.now()
        let job = Job(
            id: JobID(1),
            kind: task.description.kind,
            state: .running,
            file: record?.id,
            path: record?.path,
            attempt: 1,
            maxAttempts: task.description.job.maxAttempts,
            rescues: 0,
            helperDeaths: 0,
            error: nil,
            result: nil,
            runAt: now,
            createdAt: now,
            startedAt: now,
            finishedAt: nil
        )
        return JobWork(
            claim: JobClaim(job: job, token: 1, file: record),
            file: file,
            scratch: scratch,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// The outcome alone.
    func outcome(
        of task: some PostProcessingTask,
        on record: FileRecord,
        meanwhile: (FileDescriptor) throws -> Void = { _ in }
    ) async throws -> TaskOutcome? {
        var found: TaskOutcome?
        try await run(task, on: record, meanwhile: meanwhile) { found = $0 }
        return found
    }
}
