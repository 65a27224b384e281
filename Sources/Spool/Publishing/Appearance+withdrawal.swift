import Ingest
import SystemPackage

extension Appearance {
    /// Undoes `run`: files back into the spool, what they replaced back under its name, directories made removed.
    ///
    /// What a watcher has taken stays taken. Returns the replaced files that could not be put back.
    func takeBack(_ placements: [Placement], after progress: Progress) throws(Errno) -> [FileID] {
        var lost: [FileID] = []
        // The file that stopped it may have appeared nevertheless: by link, if the unlink failed.
        for number in placements.indices.prefix(progress.next + 1).reversed() {
            let placement = placements[number]
            let directory = try existingDirectory(of: placement)
            var wasInPlace = number < progress.next
            if let directory, try takeBack(placement, from: directory.descriptor) {
                wasInPlace = true
            }
            guard let replaced = placement.replaced, placements.count > 1 else { continue }
            if let directory, wasInPlace {
                try putBack(placement, into: directory.descriptor)
            }
            try removeKept(placement)
            if wasInPlace, try !holds(placement.fileName, in: directory, replaced.identity) {
                lost.append(replaced.id)
            }
        }
        tree.remove(progress.made)
        return lost
    }

    private func existingDirectory(of placement: Placement) throws(Errno) -> DirectoryHandle? {
        do throws(IngestError) {
            return try tree.directory(of: placement.path)
        } catch {
            guard error.code != .nameTaken else { return nil }
            throw error.cause ?? .ioError
        }
    }

    /// Whether the file had its name.
    private func takeBack(_ placement: Placement, from directory: FileDescriptor) throws(Errno) -> Bool {
        guard try isOurs(placement, placement.fileName, in: directory) else { return false }
        guard try !isOurs(placement, placement.spoolName, in: state.spool) else {
            try calls.unlink(placement.fileName, in: directory)
            return true
        }
        do throws(Errno) {
            try calls.rename(placement.fileName, in: directory, to: placement.spoolName, in: state.spool)
        } catch .noSuchFileOrDirectory {
            return true
        }
        guard try !isOurs(placement, placement.spoolName, in: state.spool) else { return true }
        // Between look and rename the name went to somebody else's file: that one goes back.
        try tree.giveBack(placement.spoolName, to: placement.path, in: directory)
        return true
    }

    /// Gives what was replaced its name again, unless others have taken that meanwhile.
    private func putBack(_ placement: Placement, into directory: FileDescriptor) throws(Errno) {
        do throws(Errno) {
            try state.move(placement.keptName, in: state.spool, to: placement.fileName, in: directory)
        } catch  where error == .fileExists || error == .noSuchFileOrDirectory {
            // The name is taken, the directory removed, or nothing could be kept.
        }
    }

    /// Removes the second name of what was replaced, if it has one.
    func removeKept(_ placement: Placement) throws(Errno) {
        do throws(Errno) {
            try calls.unlink(placement.keptName, in: state.spool)
        } catch .noSuchFileOrDirectory {
            return
        }
    }

    private func isOurs(_ placement: Placement, _ name: FilePath, in directory: FileDescriptor) throws(Errno) -> Bool {
        try identity(of: name, in: directory)?.isSameFile(as: placement.upload.identity) ?? false
    }

    private func holds(
        _ name: FilePath,
        in directory: DirectoryHandle?,
        _ identity: FileIdentity
    ) throws(Errno) -> Bool {
        guard let directory else { return false }
        return try self.identity(of: name, in: directory.descriptor) == identity
    }

    private func identity(of name: FilePath, in directory: FileDescriptor) throws(Errno) -> FileIdentity? {
        do throws(Errno) {
            return try calls.status(of: name, in: directory).identity
        } catch .noSuchFileOrDirectory {
            return nil
        }
    }
}
