import GRDBSQLite
import Glibc
import Threading

/// SQLite's view of the operating system, with the syncs of each write-ahead log counted and failures on demand.
///
/// A VFS (https://www.sqlite.org/vfs.html) that is `unix` but for the methods of log files. It is the process's default
/// once installed; logs are told apart by path, so that tests do not meet.
enum ObservedLogs {
    struct Log: Sendable {
        var syncs = 0
        /// Result codes for the writes and syncs to come; 0 lets them through.
        var writeResult: CInt = SQLITE_OK
        var syncResult: CInt = SQLITE_OK
        /// The system's methods, as an address.
        fileprivate var methods: UInt = 0
    }

    private static let logs = Locked<[String: Log]>([:])
    /// The paths of open logs, by the address of SQLite's file object.
    private static let paths = Locked<[UInt: String]>([:])

    /// Reads or changes what is known of the log of the database at `path`.
    static func withLog<Result: Sendable>(of path: String, _ body: (inout Log) -> Result) -> Result {
        logs.withLock { body(&$0[path + "-wal", default: Log()]) }
    }

    static let isInstalled: Bool = {
        guard let system = sqlite3_vfs_find("unix") else { return false }
        let observed = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
        observed.initialize(to: system.pointee)
        observed.pointee.zName = UnsafePointer(strdup("observed"))
        observed.pointee.xOpen = { vfs, name, file, flags, outFlags in
            let result = sqlite3_vfs_find("unix")?.pointee.xOpen(vfs, name, file, flags, outFlags) ?? SQLITE_ERROR
            if result == SQLITE_OK, flags & SQLITE_OPEN_WAL != 0, let name, let file {
                ObservedLogs.observe(file, String(cString: name))
            }
            return result
        }
        return sqlite3_vfs_register(observed, 1) == SQLITE_OK
    }()

    private static func observe(_ file: UnsafeMutablePointer<sqlite3_file>, _ path: String) {
        guard let system = file.pointee.pMethods else { return }
        withPath(path) { $0.methods = UInt(bitPattern: system) }
        paths.withLock { $0[UInt(bitPattern: file)] = path }
        // Never freed: SQLite holds it for as long as the file is open, which nobody tells.
        let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        methods.initialize(to: system.pointee)
        methods.pointee.xSync = { file, flags in
            guard let file, let log = ObservedLogs.log(file) else { return SQLITE_ERROR }
            ObservedLogs.count(file)
            guard log.syncResult == SQLITE_OK else { return log.syncResult }
            return log.system?.pointee.xSync(file, flags) ?? SQLITE_ERROR
        }
        methods.pointee.xWrite = { file, bytes, count, offset in
            guard let file, let log = ObservedLogs.log(file) else { return SQLITE_ERROR }
            guard log.writeResult == SQLITE_OK else { return log.writeResult }
            return log.system?.pointee.xWrite(file, bytes, count, offset) ?? SQLITE_ERROR
        }
        file.pointee.pMethods = UnsafePointer(methods)
    }

    private static func withPath<Result: Sendable>(_ path: String, _ body: (inout Log) -> Result) -> Result {
        logs.withLock { body(&$0[path, default: Log()]) }
    }

    private static func path(_ file: UnsafeMutablePointer<sqlite3_file>) -> String? {
        let address = UInt(bitPattern: file)
        return paths.withLock { $0[address] }
    }

    private static func log(_ file: UnsafeMutablePointer<sqlite3_file>) -> Log? {
        path(file).map { path in withPath(path) { $0 } }
    }

    private static func count(_ file: UnsafeMutablePointer<sqlite3_file>) {
        guard let path = path(file) else { return }
        withPath(path) { $0.syncs += 1 }
    }
}

extension ObservedLogs.Log {
    fileprivate var system: UnsafePointer<sqlite3_io_methods>? { UnsafePointer(bitPattern: methods) }
}
