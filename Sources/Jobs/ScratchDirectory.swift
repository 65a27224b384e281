package import Ingest
package import SystemPackage
package import Threading

/// The directory that tasks write to before their outputs are put in place.
package final class ScratchDirectory: Sendable {
    let path: FilePath
    let descriptor: FileDescriptor
    let calls: any FileCalls
    let threads: BlockingThreads

    private init(path: FilePath, descriptor: FileDescriptor, calls: any FileCalls, threads: BlockingThreads) {
        self.path = path
        self.descriptor = descriptor
        self.calls = calls
        self.threads = threads
    }

    /// Makes the directory if need be and empties it: what is there, a dead daemon left.
    ///
    /// Its parent must exist. Called by the only daemon on the state directory. Throws `Errno`.
    package static func open(
        _ path: FilePath,
        calls: any FileCalls,
        threads: BlockingThreads
    ) async throws -> ScratchDirectory {
        let descriptor = try await threads.run { () throws(Errno) in
            do throws(Errno) {
                try calls.makeDirectory(path, in: .workingDirectory, mode: 0o700)
            } catch  where error == .fileExists {}
            let directory = try calls.open(path, in: .workingDirectory, .directory)
            for name in try calls.entries(of: directory) {
                try calls.unlink(name, in: directory)
            }
            return directory
        }
        return ScratchDirectory(path: path, descriptor: descriptor, calls: calls, threads: threads)
    }

    /// The files of one run of a job; `name` is that of no other run.
    package func scratch(named name: String) -> Scratch {
        Scratch(directory: self, name: name)
    }
}

extension FileDescriptor {
    /// AT_FDCWD: with it a relative name is looked up in the working directory, and an absolute one as it is.
    package static let workingDirectory = FileDescriptor(rawValue: -100)
}
