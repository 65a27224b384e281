import Ingest
import SystemPackage
import Threading

/// The directories of the bucket, reached beneath its descriptor and through no link.
///
/// Everything here blocks.
final class BucketTree: Sendable {
    let root: DirectoryHandle
    private let state: StateDirectory
    private var calls: any FileCalls { state.calls }
    /// Directories that were made and whose parents have not been synced since: a file in them is not safe before.
    private let unsynced = Locked<[BucketPath: Int]>([:])

    init(_ state: StateDirectory) throws(Errno) {
        self.state = state
        root = try DirectoryHandle(borrowing: state.bucket, state.calls)
    }

    /// The directory that a file of this path is in; nil if it is not there.
    ///
    /// Throws `.nameTaken` if a component of it is something else than a directory.
    func directory(of path: BucketPath) throws(IngestError) -> DirectoryHandle? {
        guard let directory = path.directory else { return root }
        do throws(Errno) {
            return try open(directory)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw Self.error(error)
        }
    }

    /// As `directory(of:)`, with what is missing made.
    func makeDirectory(of path: BucketPath, _ made: inout [MadeDirectory]) throws(IngestError) -> DirectoryHandle {
        if let directory = try directory(of: path) {
            return directory
        }
        do throws(Errno) {
            var current = root
            var reached: [UInt8] = []
            for component in path.bytes.split(separator: UInt8(ascii: "/")).dropLast() {
                reached += reached.isEmpty ? component : [UInt8(ascii: "/")] + component
                let path = BucketPath(recorded: reached)
                current = try step(into: FilePath(bytes: component), of: current, path, &made)
            }
            return current
        } catch {
            throw Self.error(error)
        }
    }

    private func step(
        into component: FilePath,
        of parent: DirectoryHandle,
        _ path: BucketPath,
        _ made: inout [MadeDirectory]
    ) throws(Errno) -> DirectoryHandle {
        do throws(Errno) {
            return try DirectoryHandle(owning: calls.open(component, in: parent.descriptor, .directory), calls)
        } catch .noSuchFileOrDirectory {
            let mode = state.options.directoryMode
            do throws(Errno) {
                // Counted first: who finds the directory must see that it is not safe yet.
                unsynced.withLock { $0[path, default: 0] += 1 }
                try calls.makeDirectory(component, in: parent.descriptor, mode: mode & 0o777)
                made.append(MadeDirectory(path: path, name: component, parent: parent))
            } catch {
                forget([path])
                guard error == .fileExists else { throw error }
            }
            let directory = try DirectoryHandle(owning: calls.open(component, in: parent.descriptor, .directory), calls)
            if made.last?.path == path {
                try adjust(directory, mode)
            }
            return directory
        }
    }

    /// The process's mask and a parent without the set-group-ID bit both get in the way of mkdir(2).
    private func adjust(_ directory: DirectoryHandle, _ mode: UInt32) throws(Errno) {
        let status = try calls.status(of: directory.descriptor)
        if let group = state.group, status.group != group {
            try calls.setGroup(directory.descriptor, group)
        }
        if status.mode & 0o7777 != mode {
            try calls.setMode(directory.descriptor, mode)
        }
    }

    /// The parents that must be synced before a file of this path is safe.
    func unsyncedParents(of path: BucketPath) throws(IngestError) -> [DirectoryHandle] {
        let pending = unsynced.withLock { $0.isEmpty ? [:] : $0 }
        var parents: [DirectoryHandle] = []
        var directory = path.directory
        while !pending.isEmpty, let current = directory {
            if pending[current] != nil, let parent = try self.directory(of: current) {
                parents.append(parent)
            }
            directory = current.directory
        }
        return parents
    }

    /// The parents have been synced, or the directories removed.
    func forget(_ paths: [BucketPath]) {
        unsynced.withLock { unsynced in
            for path in paths {
                let count = unsynced[path, default: 1] - 1
                unsynced[path] = count > 0 ? count : nil
            }
        }
    }

    /// Removes directories made for a publication that was withdrawn, unless somebody uses them by now.
    ///
    /// One that cannot be removed stays, empty.
    func remove(_ made: [MadeDirectory]) {
        for directory in made.reversed() {
            do throws(Errno) {
                try calls.removeDirectory(directory.name, in: directory.parent.descriptor)
            } catch {
                continue
            }
        }
    }

    /// Gives a file of others that we moved into the spool by mistake a name in its directory again: its own, or the
    /// next that is free.
    func giveBack(_ spoolName: FilePath, to path: BucketPath, in directory: FileDescriptor) throws(Errno) {
        for number in 0..<100 {
            let name = FilePath(bytes: path.alternative(number).lastComponent)
            do throws(Errno) {
                return try state.move(spoolName, in: state.spool, to: name, in: directory)
            } catch .fileExists {
                continue
            }
        }
        throw .fileExists
    }

    private func open(_ directory: BucketPath) throws(Errno) -> DirectoryHandle {
        try DirectoryHandle(owning: calls.open(directory.filePath, beneath: state.bucket, .directory), calls)
    }

    private static func error(_ error: Errno) -> IngestError {
        switch error {
        case .notDirectory, .tooManySymbolicLinkLevels:
            IngestError(.nameTaken, "A directory of the path is a file or a link.", cause: error)
        default:
            .storage("A directory of the path cannot be used.", error)
        }
    }
}

/// A directory that was made for a publication.
struct MadeDirectory: Sendable {
    var path: BucketPath
    var name: FilePath
    var parent: DirectoryHandle
}
