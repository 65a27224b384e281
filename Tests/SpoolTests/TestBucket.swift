import Glibc
import Ingest
import IngestTesting
import Logging
import Spool
import SystemPackage
import Testing

/// One set of threads for all tests: they are never ended.
let testThreads = SpoolThreads(writers: 2, data: 4, names: 4, publication: 2)

/// A bucket in a temporary tree, with a daemon's storage on it that can be ended and started again.
final class TestBucket: Sendable {
    struct Daemon: Sendable {
        let health = Health()
        let spool: FileSpool
        let bucket: Bucket
        let store: TrackedStore
        let intake: UploadIntake

        init(_ options: SpoolOptions, _ calls: any FileCalls, _ ledger: any FileLedger) throws {
            let state = try StateDirectory(options, calls: calls, logger: silence)
            spool = FileSpool(state, threads: testThreads, health: health, logger: silence)
            bucket = try Bucket(spool, ledger: ledger)
            store = TrackedStore(spool)
            var limits = IngestLimits()
            limits.quota = 1 << 40
            intake = UploadIntake(store: store, files: bucket, ledger: ledger, limits: limits, health: health)
        }

        /// What `kill -9` does to the locks; the objects may live on for a while.
        func unlock() {
            flock(spool.state.bucket.rawValue, LOCK_UN)
            flock(spool.state.state.rawValue, LOCK_UN)
        }
    }

    let tree: TemporaryDirectory
    /// The daemon's, unless the test brought its own.
    let ledger = InMemoryFileLedger()
    let plan: FaultPlan
    let options: SpoolOptions
    let daemon: Daemon

    init(
        in parent: FilePath? = nil,
        plan: FaultPlan = FaultPlan(),
        ledger: (any FileLedger)? = nil,
        _ adjust: (inout SpoolOptions) -> Void = { _ in }
    ) throws {
        self.plan = plan
        tree = try TemporaryDirectory(in: parent)
        var options = SpoolOptions(bucket: tree.path.appending("bucket"), state: tree.path.appending("state"))
        adjust(&options)
        self.options = options
        try options.bucket.makeDirectory()
        daemon = try Daemon(
            options,
            FaultyFileCalls(LinuxFileCalls(), plan),
            FaultyFileLedger(ledger ?? self.ledger, plan)
        )
    }

    var bucket: Bucket { daemon.bucket }
    var spool: FilePath { options.state.appending("spool") }

    func path(_ name: String) -> FilePath { options.bucket.pushing(FilePath(name)) }

    /// Ends the daemon as `kill -9` would and starts another, whose system calls do not fail, after recovery.
    @discardableResult
    func restart(ledger: (any AuditedLedger)? = nil) async throws -> (daemon: Daemon, summary: RecoverySummary) {
        daemon.unlock()
        let ledger = ledger ?? self.ledger
        let next = try Daemon(options, LinuxFileCalls(), ledger)
        let summary = try await Recovery(next.bucket, uploads: ledger).run()
        return (next, summary)
    }
}

let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension TestBucket.Daemon {
    func seal(_ text: String, expectedLength: Int64? = nil) async throws -> (
        writer: any UploadWriting, upload: SealedUpload
    ) {
        let writer = try spool.create(.random(), expectedLength: expectedLength)
        do {
            try await writer.append(Array(text.utf8)[...])
            return (writer, try await writer.seal())
        } catch {
            await writer.discard()
            throw error
        }
    }

    /// What a request of these files does.
    @discardableResult
    func publish(_ files: [(text: String, destination: Destination)]) async throws -> [FileRecord] {
        let size = Int64(files.reduce(0) { $0 + $1.text.utf8.count })
        let batch = try await intake.openBatch(body: size, claim: size, logger: silence)
        do {
            for file in files {
                let bytes = Array(file.text.utf8)
                let intent = UploadIntent(destination: file.destination, length: Int64(bytes.count))
                let upload = try await batch.begin(intent)
                for half in [bytes[..<(bytes.count / 2)], bytes[(bytes.count / 2)...]] {
                    // The body of a client that is gone ends with an error.
                    try Task.checkCancellation()
                    try await upload.append(half)
                }
                try Task.checkCancellation()
                try await upload.finish()
            }
            return try await batch.publish().map(\.record)
        } catch is CancellationError {
            let error = IngestError(.truncated, "The client is gone.")
            await batch.abandon(because: error)
            throw error
        } catch {
            await batch.abandon(because: error)
            throw error
        }
    }

    @discardableResult
    func put(
        _ name: String,
        _ text: String,
        _ collision: Collision = .rename,
        _ precondition: Precondition = .none
    ) async throws -> FileRecord {
        let destination = Destination(path: try bucketPath(name), collision: collision, precondition: precondition)
        return try #require(await publish([(text, destination)]).first)
    }

    /// The content under a name, and its record.
    func get(_ name: String) async throws -> (text: String, record: FileRecord?) {
        let opened = try await bucket.open(bucketPath(name))
        return try opened.descriptor.closeAfter { (try contents(of: opened.descriptor), opened.record) }
    }
}

func bucketPath(_ name: String) throws -> BucketPath {
    try BucketPath(segments: name.split(separator: "/").map(String.init))
}

/// The code of the error that `body` throws; nil if it throws none.
func refusal<Value>(_ body: () async throws -> Value) async -> IngestError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? IngestError)?.code
    }
}
