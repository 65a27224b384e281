import CLinux
import GRDB
package import Ingest
import Logging
package import SystemPackage
import Threading

/// The ledger in SQLite: `ledger.sqlite` in the state directory, in WAL mode.
///
/// Writes go through one thread and share transactions; reads have connections and threads of their own, so neither
/// blocks the cooperative pool. A read sees every call that returned before it. Closed with `close()`, else its thread
/// and file stay with the process.
package final class LedgerDatabase: Sendable {
    package static let fileName: FilePath.Component = "ledger.sqlite"

    private let pool: DatabasePool
    private let readers: BlockingThreads
    private let environment: LedgerEnvironment
    let writer: LedgerWriter
    private let running: Task<Void, Never>
    private let isClosed = Locked(false)

    /// Opens or creates the ledger in `directory`, which must be this daemon's alone, and migrates it.
    ///
    /// Throws if it is newer than the program, or if SQLite would not sync as `options.durability` asks.
    package static func open(
        in directory: FilePath,
        options: LedgerOptions = LedgerOptions(),
        environment: LedgerEnvironment
    ) async throws -> LedgerDatabase {
        try await open(in: directory, options: options, environment: environment, migrations: Migration.all)
    }

    static func open(
        in directory: FilePath,
        options: LedgerOptions,
        environment: LedgerEnvironment,
        migrations: [Migration]
    ) async throws -> LedgerDatabase {
        let file = directory.appending(fileName)
        let connection = LedgerConnection(file: file, options: options, migrations: migrations)
        let readers = BlockingThreads(name: "ledger-reader", count: options.readers)
        let pool = try await readers.run { () throws(IngestError) in
            do {
                return try connection.open()
            } catch {
                environment.logger.error("the ledger cannot be opened", metadata: ["error": "\(error)"])
                throw error.isDatabaseDamage ? IngestError.damagedLedger(file, "\(error)") : IngestError.ledger(error)
            }
        }
        return LedgerDatabase(pool: pool, readers: readers, options: options, environment: environment)
    }

    private init(
        pool: DatabasePool,
        readers: BlockingThreads,
        options: LedgerOptions,
        environment: LedgerEnvironment
    ) {
        self.pool = pool
        self.readers = readers
        self.environment = environment
        let writer = LedgerWriter(pool: pool, options: options, environment: environment)
        self.writer = writer
        running = Task { await writer.run() }
    }

    package var statistics: LedgerStatistics { writer.statistics }

    /// Why the last write failed, where time may cure that; nil once one succeeded that changed something.
    package var obstacle: IngestError? { writer.obstacle }

    /// Returns when all publications confirmed before are written.
    package func flush() async throws {
        try await writer.perform { _ in }
    }

    /// Writes to the disk and changes nothing of the record, so that `obstacle` tells how it is now.
    package func tryWriting() async throws {
        try await writer.perform { transaction in
            // A row that is set to what it is SQLite leaves alone.
            for change in ["+ 1", "- 1"] { _ = try transaction.execute("UPDATE totals SET bytes = bytes \(change)") }
        }
    }

    /// Returns once the thread that writes and one that reads have come to what they were given now; a refusal is an
    /// answer too.
    ///
    /// The transaction changes nothing, so it syncs nothing.
    package func answer() async {
        do {
            try await writer.perform(isDurable: false) { _ in }
        } catch {
            // Of the writer, which has answered.
        }
        do {
            try await read { _ in }
        } catch {
            // As above.
        }
    }

    /// Writes what is queued, moves the log into the database and closes both; calls that come later throw `.stopping`.
    ///
    /// Throws if confirmed publications could not be written; they are left to recovery.
    package func close() async throws {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        writer.close()
        await running.value
        let lost = writer.unwrittenConfirmations.count
        try await readers.run { [self] () throws(IngestError) in
            do {
                if environment.health.reason == nil {
                    try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
                }
            } catch {
                // Another process reads. Nothing is lost: the log stays beside the database.
                environment.logger.info("the ledger's log was not truncated", metadata: ["error": "\(error)"])
            }
            do {
                try pool.close()
            } catch {
                throw IngestError.ledger(error)
            }
        }
        guard lost == 0 else {
            throw IngestError(.storageFailed, "\(lost) confirmed publications could not be written.")
        }
    }

    /// Reads the whole ledger once, behind everything else; what is damaged ends all writing.
    ///
    /// Ends soon when it is cancelled.
    package func inspect() async {
        let inspection = LedgerInspection(of: FilePath(pool.path))
        let thread = BlockingThreads(name: "ledger-check", count: 1)
        await withTaskCancellationHandler {
            await thread.run { [environment, pool] in
                clinux_lower_thread_priority()
                do {
                    if case .damaged(let report) = try inspection.run(.structure) {
                        environment.reportDamage(of: pool.path, report)
                    }
                } catch is CancellationError {
                    return
                } catch {
                    environment.logger.warning("the ledger could not be inspected", metadata: ["error": "\(error)"])
                }
            }
        } onCancel: {
            inspection.cancel()
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (LedgerReader) throws -> Value) async throws -> Value {
        try await readers.run { [self] () throws(IngestError) in
            do {
                guard !isClosed.withLock({ $0 }) else { throw IngestError.ledgerClosed }
                return try pool.read { try body(LedgerReader(database: $0)) }
            } catch {
                if error.isDatabaseDamage {
                    environment.reportDamage(of: pool.path, "\(error)")
                } else if !(error is IngestError) {
                    environment.logger.error("the ledger could not be read", metadata: ["error": "\(error)"])
                }
                throw IngestError.ledger(error)
            }
        }
    }

    /// A read that shows confirmed publications as such.
    func readPublished<Value: Sendable>(
        _ body: @escaping @Sendable (LedgerReader) throws -> Value
    ) async throws -> Value {
        if !writer.unwrittenConfirmations.isEmpty, environment.health.reason == nil {
            do {
                try await flush()
            } catch {
                // The writer has reported it; what the ledger holds can still be read.
            }
        }
        return try await read(body)
    }
}
