import Glibc
import Ingest
import IngestTesting
import Ledger
import SystemPackage
import Testing
import Threading

/// A ledger that can be ended and opened again.
protocol LedgerUnderTest: Sendable {
    var ports: any AuditedLedger { get }
    /// Opened again by another process; a crash loses confirmations that are not written, a stop does not.
    func reopen(losingConfirmations: Bool) async throws -> any AuditedLedger
    func close() async throws
}

struct VolatileLedger: LedgerUnderTest {
    private let ledger = InMemoryFileLedger()

    var ports: any AuditedLedger { ledger }

    func reopen(losingConfirmations: Bool) -> any AuditedLedger {
        if losingConfirmations {
            ledger.forgetConfirmations()
        }
        return ledger
    }

    func close() {}
}

/// The real ledger, whose confirmations are written with other transactions only.
final class StoredLedger: LedgerUnderTest {
    private struct OneJob: JobPlanner {
        func jobs(for file: NewFile) -> [PlannedJob] { [PlannedJob(kind: JobKind("checksum"), maxAttempts: 3)] }
    }

    private let directory: TemporaryDirectory
    private let first: LedgerDatabase
    private let second = Locked<LedgerDatabase?>(nil)

    var ports: any AuditedLedger { first }

    init() async throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("1")
        first = try await Self.open(directory.file("1"))
    }

    private static func open(_ directory: FilePath) async throws -> LedgerDatabase {
        try await LedgerDatabase.open(
            in: directory,
            // A process that dies loses nothing it wrote, synced or not.
            options: LedgerOptions(durability: .relaxed, confirmationDelay: .seconds(3600), readers: 1),
            environment: LedgerEnvironment(health: Health(), clock: ManualTime().wallClock, planner: OneJob())
        )
    }

    func reopen(losingConfirmations: Bool) async throws -> any AuditedLedger {
        var reopened = "1"
        if losingConfirmations {
            // As the dead process left it: closing would write more.
            reopened = "2"
            try directory.makeDirectory(reopened)
            for suffix in ["", "-wal"] {
                let name = LedgerDatabase.fileName.string + suffix
                try directory.write(try directory.read("1/\(name)"), to: "2/\(name)")
            }
        }
        try await first.close()
        let database = try await Self.open(directory.file(reopened))
        second.withLock { $0 = database }
        return database
    }

    func close() async throws {
        try await second.withLock { $0 }?.close()
    }
}
