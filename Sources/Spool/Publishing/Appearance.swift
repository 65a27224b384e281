import Ingest
import SystemPackage

/// The renames that let recorded files appear, and their reversal.
///
/// All of it blocks.
struct Appearance: Sendable {
    private let state: StateDirectory
    private let tree: BucketTree
    private var calls: any FileCalls { state.calls }

    init(_ bucket: Bucket) {
        self.init(bucket.spool.state, bucket.tree)
    }

    init(_ state: StateDirectory, _ tree: BucketTree) {
        self.state = state
        self.tree = tree
    }

    enum Stop: Sendable {
        /// The name holds something that must stay.
        case taken
        case failed(IngestError)
    }

    /// How far the files of a publication have got.
    struct Progress: Sendable {
        /// The file that is next; those before it have their names.
        var next = 0
        /// Directories that a file appeared in, or that got a directory.
        var directories: [DirectoryHandle] = []
        var made: [MadeDirectory] = []
        var stop: Stop?
    }

    /// Lets the files appear in order, until one cannot.
    func run(_ placements: [Placement], from start: Progress) -> Progress {
        var progress = start
        while progress.next < placements.count {
            do throws(IngestError) {
                guard try place(placements[progress.next], &progress) else {
                    progress.stop = .taken
                    return progress
                }
            } catch {
                progress.stop = .failed(error)
                return progress
            }
            progress.next += 1
        }
        return progress
    }

    /// False if the name is taken.
    private func place(_ placement: Placement, _ progress: inout Progress) throws(IngestError) -> Bool {
        // A directory may vanish between its opening and the rename: it is made again, once.
        for isLastTry in [false, true] {
            let directory = try tree.makeDirectory(of: placement.path, &progress.made)
            progress.directories.append(directory)
            progress.directories += progress.made.map(\.parent)
            progress.directories += try tree.unsyncedParents(of: placement.path)
            do throws(Errno) {
                return try rename(placement, into: directory)
            } catch .noSuchFileOrDirectory where !isLastTry {
                continue
            } catch .noSuchFileOrDirectory where expectsFile(placement) {
                throw placement.refusal
            } catch {
                throw .storage("The file could not be given its name.", error)
            }
        }
        return false
    }

    private func rename(_ placement: Placement, into directory: DirectoryHandle) throws(Errno) -> Bool {
        if let replaced = placement.replaced {
            do throws(Errno) {
                let found = try calls.status(of: placement.fileName, in: directory.descriptor)
                guard found.isRegularFile, found.identity == replaced.identity else {
                    return try isInPlace(placement, found)
                }
                try calls.rename(placement.spoolName, in: state.spool, to: placement.fileName, in: directory.descriptor)
                return true
            } catch .noSuchFileOrDirectory where !expectsFile(placement) {
                // What it was to replace is gone: the name is new.
            }
        }
        do throws(Errno) {
            try state.move(placement.spoolName, in: state.spool, to: placement.fileName, in: directory.descriptor)
            return true
        } catch .fileExists {
            return try isInPlace(placement, calls.status(of: placement.fileName, in: directory.descriptor))
        }
    }

    /// Where publication is link + unlink, a crash between both leaves the file under two names.
    private func isInPlace(_ placement: Placement, _ found: FileStatus) throws(Errno) -> Bool {
        guard found.isRegularFile, found.identity.isSameFile(as: placement.upload.identity) else { return false }
        do throws(Errno) {
            try calls.unlink(placement.spoolName, in: state.spool)
        } catch .noSuchFileOrDirectory {
            // The crash came after both.
        }
        return true
    }

    /// Whether the client demanded that there is something to replace.
    private func expectsFile(_ placement: Placement) -> Bool {
        switch placement.publishable.destination.precondition {
        case .exists, .digest: placement.replaced != nil
        case .none, .absent: false
        }
    }
}

extension Appearance {
    /// Undoes `run`: files back into the spool, directories made removed.
    ///
    /// What a watcher has taken stays taken.
    func takeBack(_ placements: [Placement], after progress: Progress) throws(Errno) {
        // The file that stopped it may have appeared nevertheless: by link, if the unlink failed.
        for placement in placements.prefix(progress.next + 1).reversed() {
            let directory: DirectoryHandle?
            do throws(IngestError) {
                directory = try tree.directory(of: placement.path)
            } catch  where error.code == .nameTaken {
                continue
            } catch {
                throw error.cause ?? .ioError
            }
            guard let directory else { continue }
            try takeBack(placement, from: directory.descriptor)
        }
        tree.remove(progress.made)
    }

    private func takeBack(_ placement: Placement, from directory: FileDescriptor) throws(Errno) {
        guard try isOurs(placement, placement.fileName, in: directory) else { return }
        guard try !isOurs(placement, placement.spoolName, in: state.spool) else {
            return try calls.unlink(placement.fileName, in: directory)
        }
        do throws(Errno) {
            try calls.rename(placement.fileName, in: directory, to: placement.spoolName, in: state.spool)
        } catch .noSuchFileOrDirectory {
            return
        }
        guard try !isOurs(placement, placement.spoolName, in: state.spool) else { return }
        // Between look and rename the name went to somebody else's file: that one goes back.
        try tree.giveBack(placement.spoolName, to: placement.path, in: directory)
    }

    private func isOurs(_ placement: Placement, _ name: FilePath, in directory: FileDescriptor) throws(Errno) -> Bool {
        do throws(Errno) {
            return try calls.status(of: name, in: directory).identity.isSameFile(as: placement.upload.identity)
        } catch .noSuchFileOrDirectory {
            return false
        }
    }
}
