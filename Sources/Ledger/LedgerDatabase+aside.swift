import CLinux
import Glibc
package import Ingest
package import SystemPackage

extension LedgerDatabase {
    /// Renames a ledger that cannot be used any more, with its log, to `ledger.sqlite.<mark>`; returns that path.
    ///
    /// The log goes last: one that is left alone is known for what it is, and a ledger without its log is not. `sqlite3`
    /// opens both together under their new names. Blocks; nobody may have the ledger open.
    package static func setAside(in directory: FilePath, mark: String) throws(IngestError) -> FilePath {
        let file = directory.appending(fileName)
        let aside = FilePath("\(file.string).\(mark)")
        for ending in ["", "-shm", "-wal"] {
            let result = clinux_rename_noreplace(AT_FDCWD, file.string + ending, AT_FDCWD, aside.string + ending)
            guard result != 0, errno != ENOENT else { continue }
            throw .storage("The ledger cannot be renamed.", Errno(rawValue: errno))
        }
        let opened = Glibc.open(directory.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard opened >= 0 else { throw .storage("The ledger's directory cannot be opened.", Errno(rawValue: errno)) }
        defer { Glibc.close(opened) }
        guard fsync(opened) == 0 else {
            throw .storage("The ledger's directory cannot be synced.", Errno(rawValue: errno))
        }
        return aside
    }
}
