import GRDB
import GRDBSQLite
import Ingest
import IngestTesting
import SystemPackage
import Threading

@testable import Ledger

/// A ledger in a directory of its own, with a clock that stands still until it is moved.
final class TestLedger: Sendable {
    let directory: TemporaryDirectory
    let health = Health()
    let clock = TestClock()
    let readySignals = Locked(0)
    let database: LedgerDatabase

    var file: FilePath { directory.path.appending(LedgerDatabase.fileName) }
    var now: Timestamp { clock.now() }

    /// Each file gets one job of each kind.
    init(
        in directory: TemporaryDirectory? = nil,
        kinds: [String] = ["checksum"],
        options: LedgerOptions = LedgerOptions(confirmationDelay: .seconds(3600)),
        migrations: [Migration] = Migration.all
    ) async throws {
        precondition(ObservedLogs.isInstalled)
        let directory = try directory ?? TemporaryDirectory()
        self.directory = directory
        let signals = readySignals
        database = try await LedgerDatabase.open(
            in: directory.path,
            options: options,
            environment: LedgerEnvironment(
                health: health,
                clock: clock,
                planner: FixedPlanner(kinds: kinds),
                onJobsReady: { signals.withLock { $0 += 1 } }
            ),
            migrations: migrations
        )
    }

    /// Syncs of the write-ahead log so far.
    var logSyncs: Int { ObservedLogs.withLog(of: file.string) { $0.syncs } }

    /// Has writes or syncs of the log end with these result codes of SQLite, until called again.
    func failLog(write: CInt = SQLITE_OK, sync: CInt = SQLITE_OK) {
        ObservedLogs.withLog(of: file.string) { log in
            log.writeResult = write
            log.syncResult = sync
        }
    }

    /// Closes the ledger; its directory goes with the last reference.
    func close() async throws {
        try await database.close()
    }

    /// A file that has its name.
    func publish(_ path: String, size: Int64 = 10, replacing: FileID? = nil) async throws -> FileRecord {
        let files = try await database.recordPublication([newFile(path, size: size, replaces: replacing)])
        database.confirmPublication(files.map(\.id))
        try await database.flush()
        return try await database.file(files[0].id) ?? files[0]
    }

    func state(of file: FileRecord) async throws -> FileState? {
        try await database.file(file.id)?.state
    }

    func jobs(of file: FileRecord) async throws -> [Job] {
        try await database.jobs(of: [file.id])[file.id] ?? []
    }

    func claim(_ kinds: String..., capacity: Int = 1) async throws -> [JobClaim] {
        try await database.claim(
            capacity: JobCapacity(Dictionary(uniqueKeysWithValues: kinds.map { (JobKind($0), capacity) }))
        )
    }

    /// Each event as `kind path`, oldest first.
    func events() async throws -> [String] {
        try await database.read { reader in
            try reader.all("SELECT kind, CAST(path AS TEXT) FROM events ORDER BY id").map { row in
                "\(row[0] as String) \(row[1] as String)"
            }
        }
    }
}

func newFile(_ path: String, size: Int64 = 10, replaces: FileID? = nil) -> NewFile {
    NewFile(
        path: BucketPath(recorded: Array(path.utf8)),
        upload: .random(),
        identity: FileIdentity(inode: .max, birthTime: 2, size: size, modificationTime: 4),
        digest: someDigest,
        contentType: "image/jpeg",
        originalName: nil,
        replaces: replaces
    )
}

let someDigest: SHA256Digest = {
    guard let digest = SHA256Digest((0..<32).map { UInt8($0) }) else { preconditionFailure("32 bytes") }
    return digest
}()

struct FixedPlanner: JobPlanner {
    let kinds: [String]

    func jobs(for file: NewFile) -> [PlannedJob] {
        kinds.map { PlannedJob(kind: JobKind($0), maxAttempts: 3) }
    }
}

final class TestClock: WallClock {
    private let time = Locked(Timestamp(milliseconds: 1_000_000))

    func now() -> Timestamp { time.withLock { $0 } }

    func advance(by duration: Duration) {
        time.withLock { $0 = $0.advanced(by: duration) }
    }
}

/// The code of the error that `body` throws; nil if it throws none.
func code(of body: () async throws -> some Any) async -> IngestError.Code? {
    do {
        _ = try await body()
        return nil
    } catch {
        return (error as? IngestError)?.code
    }
}
