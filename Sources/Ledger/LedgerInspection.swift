import CLinux
import GRDB
import Glibc
import Ingest
package import SystemPackage
import Threading

/// Looks at a ledger without changing it, on a read-only connection of its own.
package final class LedgerInspection: Sendable {
    package enum Finding: Sendable, Equatable {
        /// There is none, or an empty one.
        case missing
        /// Written by a newer program.
        case newer(version: Int, known: Int)
        /// SQLite cannot read it, or its tables and indexes disagree; says how.
        case damaged(String)
        case whole(version: Int)
    }

    /// How much of the ledger is read.
    package enum Depth: Sendable {
        /// Each page's structure (`PRAGMA quick_check`).
        case structure
        /// What indexes say of their tables too, which takes several times as long (`PRAGMA integrity_check`).
        case everything
    }

    private struct State {
        var connection: DatabaseQueue?
        var isCancelled = false
    }

    private let file: FilePath
    private let migrations: [Migration]
    private let state = Locked(State())

    package convenience init(of file: FilePath) {
        self.init(of: file, migrations: Migration.all)
    }

    init(of file: FilePath, migrations: [Migration]) {
        self.file = file
        self.migrations = migrations
    }

    /// Ends a run that goes on, which then throws `CancellationError`, as do all that come later.
    package func cancel() {
        let connection = state.withLock { state in
            state.isCancelled = true
            return state.connection
        }
        connection?.interrupt()
    }

    /// Blocks for as long as it takes to read the ledger.
    ///
    /// Throws `CancellationError`, or `IngestError` if the ledger cannot be read for another reason than damage.
    package func run(_ depth: Depth) throws -> Finding {
        if let log = try Self.orphanedLog(of: file) {
            return .damaged("There is no ledger, or an empty one, beside its log \(log).")
        }
        guard try Self.size(of: file) ?? 0 > 0 else { return .missing }
        do {
            return try examine(depth)
        } catch  where error.isDatabaseDamage {
            return .damaged("\(error)")
        } catch  where (error as? DatabaseError)?.resultCode == .SQLITE_INTERRUPT {
            throw CancellationError()
        } catch let error as DatabaseError {
            throw IngestError(.storageFailed, "The ledger cannot be examined: \(error).")
        }
    }

    private func examine(_ depth: Depth) throws -> Finding {
        var configuration = Configuration()
        configuration.label = "ledger-inspection"
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        let connection = try DatabaseQueue(path: file.string, configuration: configuration)
        let isCancelled = state.withLock { state in
            state.connection = connection
            return state.isCancelled
        }
        defer { state.withLock { $0.connection = nil } }
        guard !isCancelled else { throw CancellationError() }
        return try connection.read { database in
            let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
            let known = migrations.last?.number ?? 0
            guard version <= known else { return .newer(version: version, known: known) }
            guard version > 0 else { return .missing }
            let pragma =
                switch depth {
                case .structure: "PRAGMA quick_check(5)"
                case .everything: "PRAGMA integrity_check(5)"
                }
            let report = try String.fetchAll(database, sql: pragma)
            return report == ["ok"] ? .whole(version: version) : .damaged(report.joined(separator: "; "))
        }
    }

    /// The log of a ledger that is missing or empty.
    ///
    /// SQLite writes into a log only after the first page of the database is on the disk, and removes a log without one
    /// as useless: such a ledger was taken away, and what the log holds would go with it.
    static func orphanedLog(of file: FilePath) throws(IngestError) -> FilePath? {
        let log = FilePath(file.string + "-wal")
        guard try size(of: file) ?? 0 == 0, let size = try size(of: log), size > 0 else { return nil }
        return log
    }

    /// Bytes; nil if there is no such file.
    private static func size(of path: FilePath) throws(IngestError) -> Int64? {
        var identity = clinux_identity()
        guard clinux_identity_at(AT_FDCWD, path.string, &identity) != 0 else { return Int64(clamping: identity.size) }
        guard errno == ENOENT else { throw .storage("The ledger cannot be looked at.", Errno(rawValue: errno)) }
        return nil
    }
}
