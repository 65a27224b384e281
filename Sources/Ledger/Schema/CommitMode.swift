import GRDB
import Ingest

/// What a commit syncs (https://www.sqlite.org/pragma.html#pragma_synchronous, #pragma_wal_autocheckpoint).
enum CommitMode {
    /// The log with each commit, which makes those before it durable too.
    case synced
    /// Nothing: the next synced commit does it.
    ///
    /// It makes no checkpoint either: a checkpoint syncs the log first, SQLite tells nobody when that fails within a
    /// commit, and the kernel tells once (fsync(2)), so the next synced commit would follow frames that are lost.
    case unsynced
    /// The log at checkpoints only: a power cut undoes the last commits, in order.
    case relaxed

    private static let checkpointPages = 2000

    private var synchronous: Int {
        switch self {
        case .synced: 2
        case .unsynced, .relaxed: 1
        }
    }

    /// Throws unless commits are as durable from now on as they are promised to be; not within a transaction.
    ///
    /// A database is either `relaxed` for all its time or never.
    func set(in database: Database) throws {
        guard try Self.synchronous(of: database) != synchronous else { return }
        let pages = self == .unsynced ? 0 : Self.checkpointPages
        try database.execute(sql: "PRAGMA wal_autocheckpoint = \(pages); PRAGMA synchronous = \(synchronous)")
        let level = try Self.synchronous(of: database)
        guard level == synchronous else {
            throw IngestError(.storageFailed, "SQLite runs with synchronous=\(level) where \(synchronous) is needed.")
        }
    }

    /// Not by a cached statement: this pragma is answered when it is compiled.
    private static func synchronous(of database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "PRAGMA synchronous") ?? -1
    }
}

extension LedgerOptions {
    func commitMode(isDurable: Bool) -> CommitMode {
        switch durability {
        case .full: isDurable ? .synced : .unsynced
        case .relaxed: .relaxed
        }
    }
}
