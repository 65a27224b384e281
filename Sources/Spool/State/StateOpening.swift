import CLinux
import Glibc
import Ingest
import SystemPackage

/// Opens the directories of a `StateDirectory`, and closes them again if it cannot be made.
struct StateOpening: ~Copyable {
    let calls: any FileCalls
    private var opened: [FileDescriptor] = []

    init(calls: any FileCalls) {
        self.calls = calls
    }

    private static let workingDirectory = FileDescriptor(rawValue: AT_FDCWD)

    mutating func existing(_ path: FilePath, _ what: String) throws(StateDirectoryError) -> FileDescriptor {
        do throws(Errno) {
            let directory = try calls.open(path, in: Self.workingDirectory, .directory)
            opened.append(directory)
            return directory
        } catch .noSuchFileOrDirectory {
            throw StateDirectoryError(.unusable, "The \(what) \(path) does not exist.", cause: .noSuchFileOrDirectory)
        } catch  where error == .notDirectory || error == .tooManySymbolicLinkLevels {
            throw StateDirectoryError(.unusable, "The \(what) \(path) is not a directory, or is a link.", cause: error)
        } catch {
            throw StateDirectoryError(.unusable, "The \(what) \(path) cannot be opened.", cause: error)
        }
    }

    /// Opens a directory, and makes it with exactly this mode if it is missing.
    mutating func made(
        _ path: FilePath,
        in parent: FileDescriptor? = nil,
        mode: UInt32
    ) throws(StateDirectoryError) -> FileDescriptor {
        let parent = parent ?? Self.workingDirectory
        do throws(Errno) {
            var isNew = true
            do throws(Errno) {
                try calls.makeDirectory(path, in: parent, mode: mode & 0o777)
            } catch .fileExists {
                isNew = false
            }
            let directory = try calls.open(path, in: parent, .directory)
            opened.append(directory)
            if isNew {
                try calls.setMode(directory, mode)
            }
            return directory
        } catch {
            throw StateDirectoryError(.unusable, "The state directory \(path) cannot be made or opened.", cause: error)
        }
    }

    func lock(_ directory: FileDescriptor, _ refusal: String) throws(StateDirectoryError) {
        do throws(Errno) {
            try retrying { clinux_lock(directory.rawValue) }
        } catch .wouldBlock {
            throw StateDirectoryError(.inUse, refusal)
        } catch {
            throw StateDirectoryError(.unusable, "The filesystem cannot lock directories.", cause: error)
        }
    }

    /// SQLite's write-ahead log needs shared memory that a network does not give.
    func refuseNetworkFilesystem(_ directory: FileDescriptor, _ path: FilePath) throws(StateDirectoryError) {
        let name: String?
        do throws(Errno) {
            name = try NetworkFilesystem.name(of: directory, calls)
        } catch {
            throw StateDirectoryError(.unusable, "The filesystem of \(path) cannot be told.", cause: error)
        }
        if let name {
            throw StateDirectoryError(
                .networkFilesystem,
                "The state directory \(path) is on \(name): a network filesystem cannot keep the ledger safe."
            )
        }
    }

    consuming func closeAll() {
        for directory in opened {
            try? calls.close(directory)
        }
    }
}
