import Ingest
import SystemPackage

/// The renames that let recorded files appear, and their reversal.
///
/// All of it blocks.
struct Appearance: Sendable {
    let state: StateDirectory
    let tree: BucketTree
    var calls: any FileCalls { state.calls }

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
    ///
    /// Of several, what they replace is kept in the spool: if one fails, those before it are undone.
    func run(_ placements: [Placement], from start: Progress) -> Progress {
        var progress = start
        while progress.next < placements.count {
            do throws(IngestError) {
                guard try place(placements[progress.next], keepsReplaced: placements.count > 1, &progress) else {
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
    private func place(
        _ placement: Placement,
        keepsReplaced: Bool,
        _ progress: inout Progress
    ) throws(IngestError) -> Bool {
        // A directory may vanish between its opening and the rename: it is made again, once.
        for isLastTry in [false, true] {
            let directory = try tree.makeDirectory(of: placement.path, &progress.made)
            progress.directories.append(directory)
            progress.directories += progress.made.map(\.parent)
            progress.directories += try tree.unsyncedParents(of: placement.path)
            do throws(Errno) {
                return try rename(placement, into: directory, keepsReplaced: keepsReplaced)
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

    private func rename(
        _ placement: Placement,
        into directory: DirectoryHandle,
        keepsReplaced: Bool
    ) throws(Errno) -> Bool {
        if let replaced = placement.replaced {
            do throws(Errno) {
                let found = try calls.status(of: placement.fileName, in: directory.descriptor)
                guard found.isRegularFile, found.identity == replaced.identity else {
                    return try isInPlace(placement, found)
                }
                if keepsReplaced {
                    try keep(placement, in: directory)
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

    /// Gives what is about to be replaced a second name, in the spool.
    ///
    /// link(2) raises no event in the directory and changes no time but `st_ctime`. Where the kernel refuses it, the
    /// publication goes on: only a withdrawal would need it.
    private func keep(_ placement: Placement, in directory: DirectoryHandle) throws(Errno) {
        do throws(Errno) {
            try calls.link(placement.fileName, in: directory.descriptor, to: placement.keptName, in: state.spool)
        } catch {
            switch error {
            case .fileExists, .notPermitted, .permissionDenied, .notSupported, .tooManyLinks, .improperLink:
                // It exists in a second try: the first kept the same file, as its identity has just been checked.
                return
            default:
                throw error
            }
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
