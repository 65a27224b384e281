import GRDB
import Ingest

/// When commits sync the log (https://www.sqlite.org/pragma.html#pragma_synchronous).
enum Synchronous: Int {
    /// At checkpoints only: a power cut undoes the last commits, in order.
    case normal = 1
    /// At each commit, which makes those before it durable too.
    case full = 2

    /// Throws unless commits are as durable from now on as they are promised to be; not within a transaction.
    func set(in database: Database) throws {
        guard try Self.current(of: database) != rawValue else { return }
        try database.execute(sql: "PRAGMA synchronous = \(rawValue)")
        let level = try Self.current(of: database)
        guard level == rawValue else {
            throw IngestError(.storageFailed, "SQLite runs with synchronous=\(level) where \(rawValue) is needed.")
        }
    }

    /// Not by a cached statement: this pragma is answered when it is compiled.
    private static func current(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
    }
}

extension LedgerOptions {
    func synchronous(isDurable: Bool) -> Synchronous {
        isDurable && durability == .full ? .full : .normal
    }
}
