import CLinux
import GRDB
import Glibc
package import Ingest
package import SystemPackage
import Threading

/// Copies a ledger to a file, also one that a daemon has open: what was on record at one moment.
package final class LedgerCopy: Sendable {
    package struct Summary: Sendable, Equatable {
        /// Of the ledger's schema.
        package let version: Int
        package let bytes: Int64
    }

    private struct State {
        /// What has no name yet.
        var unfinished: FilePath?
        var isPublished = false
        var isAbandoned = false
    }

    private let source: FilePath
    private let syncDirectory: @Sendable (FilePath) throws(IngestError) -> Void
    private let state = Locked(State())

    package convenience init(of source: FilePath) {
        self.init(of: source, syncDirectory: LedgerCopy.sync)
    }

    init(of source: FilePath, syncDirectory: @escaping @Sendable (FilePath) throws(IngestError) -> Void) {
        self.source = source
        self.syncDirectory = syncDirectory
    }

    /// Blocks until the copy is on stable storage under its name.
    ///
    /// The copy has mode 0600, needs no log beside it, and appears whole or not at all. Throws if the name is taken, and
    /// if the ledger is missing or damaged; `.outcomeUnknown` if the copy is there, and may not survive a power cut.
    package func write(to target: FilePath) throws(IngestError) -> Summary {
        let directory = target.removingLastComponent()
        guard let name = target.lastComponent else { throw .copy("The copy needs a name.", .invalidArgument) }
        guard access(target.string, F_OK) != 0 else { throw .copyExists }
        let unfinished = directory.appending(".\(name.string).\(UInt64.random(in: 0 ... .max))")
        let opened = try begin(unfinished)
        defer { Glibc.close(opened) }
        let version: Int
        let bytes: Int64
        do throws(IngestError) {
            version = try fill(unfinished)
            guard fsync(opened) == 0 else { throw .copy("The copy cannot be synced.", Errno(rawValue: errno)) }
            bytes = Int64(lseek(opened, 0, SEEK_END))
            try publish(unfinished, as: target)
        } catch {
            state.withLock { $0.unfinished = nil }
            // What was abandoned may have been made anew.
            Self.remove(unfinished)
            throw error
        }
        do throws(IngestError) {
            try syncDirectory(directory.isEmpty ? "." : directory)
        } catch {
            let text = "\(target) is there and whole, but may not survive a power cut: \(error.message)"
            throw IngestError(.outcomeUnknown, text, cause: error.cause)
        }
        return Summary(version: version, bytes: bytes)
    }

    /// Removes what was begun, which `write` does not finish any more: for whoever ends the process.
    ///
    /// False, and nothing is done, if the copy has its name.
    package func abandon() -> Bool {
        state.withLock { state in
            guard !state.isPublished else { return false }
            state.isAbandoned = true
            if let unfinished = state.unfinished { Self.remove(unfinished) }
            return true
        }
    }

    /// With SQLite's files beside it, which it leaves where it ends at the wrong moment.
    private static func remove(_ file: FilePath) {
        for ending in ["", "-journal", "-wal", "-shm"] { unlink(file.string + ending) }
    }

    private func begin(_ unfinished: FilePath) throws(IngestError) -> Int32 {
        try state.withLock { state throws(IngestError) in
            guard !state.isAbandoned else { throw .copyAbandoned }
            let opened = Glibc.open(unfinished.string, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
            guard opened >= 0 else { throw .copy("The copy cannot be made.", Errno(rawValue: errno)) }
            state.unfinished = unfinished
            state.isPublished = false
            return opened
        }
    }

    private func fill(_ file: FilePath) throws(IngestError) -> Int {
        do {
            if let log = try LedgerInspection.orphanedLog(of: source) {
                throw IngestError.damagedLedger(source, "It is missing or empty, while its log \(log) is there.")
            }
            guard access(source.string, F_OK) == 0 else { throw IngestError(.notFound, "There is no ledger.") }
            var reading = Configuration()
            reading.label = "ledger-copied"
            reading.readonly = true
            reading.busyMode = .timeout(5)
            var writing = Configuration()
            writing.label = "ledger-copy"
            let from = try DatabaseQueue(path: source.string, configuration: reading)
            let to = try DatabaseQueue(path: file.string, configuration: writing)
            // In one step, which is one reading transaction: the daemon goes on writing meanwhile.
            try from.backup(to: to)
            try from.close()
            let (version, report) = try to.writeWithoutTransaction { database in
                // The pages say that there is a log. Without one the file is the whole of the copy.
                try database.execute(sql: "PRAGMA journal_mode = DELETE")
                return (
                    try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0,
                    try String.fetchAll(database, sql: "PRAGMA quick_check(5)")
                )
            }
            try to.close()
            guard report == ["ok"] else { throw IngestError.damagedLedger(source, report.joined(separator: "; ")) }
            guard version > 0 else { throw IngestError(.notFound, "There is no ledger yet.") }
            return version
        } catch let error as IngestError {
            throw error
        } catch {
            guard !error.isDatabaseDamage else { throw IngestError.damagedLedger(source, "\(error)") }
            let refusal = IngestError.ledger(error)
            guard refusal.code == .storageFailed else { throw refusal }
            throw IngestError(.storageFailed, "The ledger cannot be copied: \(error).")
        }
    }

    private func publish(_ file: FilePath, as target: FilePath) throws(IngestError) {
        try state.withLock { state throws(IngestError) in
            guard !state.isAbandoned else { throw .copyAbandoned }
            try Self.rename(file, to: target)
            state.unfinished = nil
            state.isPublished = true
        }
    }

    /// By link(2) where the filesystem cannot rename exclusively (NFS).
    private static func rename(_ file: FilePath, to target: FilePath) throws(IngestError) {
        if clinux_rename_noreplace(AT_FDCWD, file.string, AT_FDCWD, target.string) == 0 { return }
        if errno == EINVAL || errno == ENOSYS, link(file.string, target.string) == 0 {
            unlink(file.string)
            return
        }
        guard errno != EEXIST else { throw .copyExists }
        throw .copy("The copy cannot be given its name.", Errno(rawValue: errno))
    }

    private static func sync(_ directory: FilePath) throws(IngestError) {
        let opened = Glibc.open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .copy("The copy's directory cannot be opened.", Errno(rawValue: errno)) }
        defer { Glibc.close(opened) }
        guard fsync(opened) == 0 else { throw .copy("The copy's directory cannot be synced.", Errno(rawValue: errno)) }
    }
}

extension IngestError {
    fileprivate static let copyExists = Self(.nameTaken, "There is a file of that name, and nothing is overwritten.")

    fileprivate static let copyAbandoned = Self(.stopping, "It was stopped.")

    fileprivate static func copy(_ message: String, _ cause: Errno) -> Self {
        Self(cause == .noSpace ? .noSpace : .storageFailed, message, cause: cause)
    }
}
