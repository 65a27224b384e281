import GRDB
package import Logging

extension LedgerDatabase {
    /// Has SQLite tell the log what it finds when it opens databases and what fails below it.
    ///
    /// Once a process, before the first ledger is opened (sqlite3_config(3), SQLITE_CONFIG_LOG).
    package static func forwardMessages(to logger: Logger) {
        Database.logError = { code, message in
            let level: Logger.Level
            switch code.primaryResultCode {
            // Transactions that a daemon which did not stop in order had left in the log.
            case .SQLITE_NOTICE: level = .notice
            case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_IOERR, .SQLITE_CANTOPEN: level = .warning
            // What statements come to is told by those who run them.
            default: return
            }
            logger.log(
                level: level,
                "SQLite reports",
                metadata: ["sqlite.code": "\(code.rawValue)", "sqlite.message": "\(message)"]
            )
        }
    }
}
