import GRDBSQLite
import SystemPackage

/// A daemon's ledger as another process has it open.
///
/// Used by one task at a time.
final class LedgerFile {
    private var connection: OpaquePointer?

    init(_ path: FilePath) throws {
        let result = sqlite3_open_v2(path.string, &connection, SQLITE_OPEN_READWRITE, nil)
        guard result == SQLITE_OK else { throw Failure(result: result) }
        sqlite3_busy_timeout(connection, 5000)
    }

    deinit {
        sqlite3_close_v2(connection)
    }

    func execute(_ sql: String) throws {
        let result = sqlite3_exec(connection, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw Failure(result: result) }
    }

    /// The first column of the first row; nil where there is no row.
    func number(_ sql: String) throws -> Int? {
        var statement: OpaquePointer?
        let result = sqlite3_prepare_v2(connection, sql, -1, &statement, nil)
        guard result == SQLITE_OK else { throw Failure(result: result) }
        defer { sqlite3_finalize(statement) }
        return sqlite3_step(statement) == SQLITE_ROW ? Int(sqlite3_column_int64(statement, 0)) : nil
    }

    struct Failure: Error {
        let result: CInt
    }
}
