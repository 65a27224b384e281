package import Ingest
package import SystemPackage
import Threading

/// Gives outputs of tasks their places, durably: data, then names, then the directories that hold them.
package struct OutputPlacement: Sendable {
    private let scratch: ScratchDirectory
    private let mode: UInt32
    private let isSynced: Bool

    /// `mode` is that of the files; directories get search permission where it has read permission.
    package init(scratch: ScratchDirectory, mode: UInt32 = 0o640, durability: Durability = .full) {
        self.scratch = scratch
        self.mode = mode
        isSynced = durability == .full
    }

    /// Moves outputs to their destinations.
    ///
    /// When it throws, `Errno`, some of them may be in place. Not cancellable.
    package func place(_ outputs: [TaskOutput]) async throws {
        guard !outputs.isEmpty else { return }
        try await scratch.threads.run { () throws(Errno) in
            for output in outputs {
                try place(output)
            }
        }
    }

    /// Removes files from their destinations, those that are there.
    ///
    /// When it throws, `Errno`, some of them may be gone.
    package func remove(_ destinations: [FilePath]) async throws {
        guard !destinations.isEmpty else { return }
        try await scratch.threads.run { () throws(Errno) in
            for destination in destinations {
                try remove(destination)
            }
        }
    }

    private func remove(_ destination: FilePath) throws(Errno) {
        let calls = scratch.calls
        do throws(Errno) {
            try calls.unlink(destination, in: .workingDirectory)
            guard isSynced else { return }
            let directory = try calls.open(destination.removingLastComponent(), in: .workingDirectory, .directory)
            defer { close(directory) }
            try calls.syncDirectory(directory)
        } catch  where error == .noSuchFileOrDirectory || error == .notDirectory {}
    }

    private func place(_ output: TaskOutput) throws(Errno) {
        guard let name = output.destination.lastComponent else { throw .invalidArgument }
        let calls = scratch.calls
        try calls.setMode(output.temporary.descriptor, mode)
        if isSynced {
            try calls.syncData(output.temporary.descriptor)
        }
        let directory = try openMaking(output.destination.removingLastComponent())
        do throws(Errno) {
            try calls.rename(
                output.temporary.name,
                in: scratch.descriptor,
                to: FilePath(root: nil, name),
                in: directory
            )
            if isSynced {
                try calls.syncDirectory(directory)
            }
        } catch {
            close(directory)
            throw error
        }
        close(directory)
    }

    /// Opens a directory, and makes it and its parents if need be.
    private func openMaking(_ path: FilePath) throws(Errno) -> FileDescriptor {
        let calls = scratch.calls
        do throws(Errno) {
            return try calls.open(path, in: .workingDirectory, .directory)
        } catch  where error == .noSuchFileOrDirectory && path.lastComponent != nil {
            let parent = try openMaking(path.removingLastComponent())
            defer { close(parent) }
            do throws(Errno) {
                try calls.makeDirectory(path, in: .workingDirectory, mode: mode | (mode & 0o444) >> 2 | 0o300)
            } catch  where error == .fileExists {}
            if isSynced {
                try calls.syncDirectory(parent)
            }
            return try calls.open(path, in: .workingDirectory, .directory)
        }
    }

    /// Nothing was written through the descriptor, so a failed close loses nothing.
    private func close(_ directory: FileDescriptor) {
        do throws(Errno) { try scratch.calls.close(directory) } catch {}
    }
}

extension FilePath {
    fileprivate init(root: Root?, _ component: Component) {
        self.init(root: root, [component])
    }
}
