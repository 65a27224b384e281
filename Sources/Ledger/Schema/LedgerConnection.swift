import GRDB
import Glibc
import Ingest
import SystemPackage

/// Opens the database as the ledger's promises need it.
///
/// Everything here blocks.
struct LedgerConnection {
    let file: FilePath
    let options: LedgerOptions
    let migrations: [Migration]

    func open() throws -> DatabasePool {
        if let log = try LedgerInspection.orphanedLog(of: file) {
            throw IngestError.damagedLedger(file, "It is missing or empty, while its log \(log) is there.")
        }
        try createFile(file)
        let pool = try DatabasePool(path: file.string, configuration: configuration)
        do {
            try pool.writeWithoutTransaction { database in
                // GRDB sets NORMAL when it has opened a database in WAL mode, after `prepareDatabase`.
                try options.commitMode(isDurable: true).set(in: database)
            }
            try migrate(pool)
            try syncDirectory()
        } catch {
            try pool.close()
            throw error
        }
        return pool
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "ledger"
        configuration.maximumReaderCount = options.readers
        let (seconds, attoseconds) = options.busyTimeout.components
        configuration.busyMode = .timeout(Double(seconds) + Double(attoseconds) / 1e18)
        configuration.prepareDatabase { database in
            if database.configuration.readonly {
                try database.execute(sql: "PRAGMA query_only = ON")
            } else {
                // Has an effect only before the first table.
                try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
                // Checkpoints of 8 MiB; a log that a long reader made grow is cut back at the next.
                try database.execute(sql: "PRAGMA wal_autocheckpoint = 2000")
                try database.execute(sql: "PRAGMA journal_size_limit = 67108864")
            }
        }
        return configuration
    }

    /// SQLite gives `-wal` and `-shm` the mode of the database, and would create that with 0644.
    private func createFile(_ path: FilePath) throws {
        do {
            try FileDescriptor.open(
                path,
                .readWrite,
                options: [.create, .closeOnExec],
                permissions: options.permissions
            )
            .close()
        } catch {
            throw IngestError.storage("The ledger cannot be opened.", error as? Errno ?? .ioError)
        }
    }

    /// The names of the database and of its log must survive a power cut as their content does.
    func syncDirectory() throws {
        guard options.durability == .full else { return }
        do {
            let directory = try FileDescriptor.open(
                file.removingLastComponent(),
                .readOnly,
                options: [.directory, .closeOnExec]
            )
            defer { Glibc.close(directory.rawValue) }
            guard fsync(directory.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw IngestError.storage("The ledger's directory cannot be synced.", error as? Errno ?? .ioError)
        }
    }
}
