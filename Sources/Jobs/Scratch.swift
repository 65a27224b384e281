import Ingest
package import SystemPackage
import Threading

/// Temporary files of one run of a job, removed at its end unless they were put in place.
package final class Scratch: Sendable {
    private struct State {
        var count = 0
        var files: [ScratchFile] = []
    }

    private let directory: ScratchDirectory
    private let name: String
    private let state = Locked(State())

    init(directory: ScratchDirectory, name: String) {
        self.directory = directory
        self.name = name
    }

    /// A new, empty file, open for reading and writing.
    ///
    /// Its descriptor is closed at the end of the run. Throws `Errno`.
    package func makeFile() async throws -> ScratchFile {
        let number = state.withLock { state in
            state.count += 1
            return state.count
        }
        let (directory, name) = (directory, FilePath("\(name)-\(number)"))
        return try await directory.threads.run { [state] () throws(Errno) in
            let descriptor = try directory.calls.open(name, in: directory.descriptor, .create)
            let file = ScratchFile(name: name, descriptor: descriptor)
            state.withLock { $0.files.append(file) }
            return file
        }
    }

    /// Closes all files and removes those still here.
    ///
    /// Returns the first failure: the file is then left for the next start.
    package func remove() async -> Errno? {
        let files = state.withLock { state in
            defer { state.files = [] }
            return state.files
        }
        guard !files.isEmpty else { return nil }
        return await directory.threads.run { [directory] in
            var failure: Errno?
            for file in files {
                do throws(Errno) {
                    try directory.calls.close(file.descriptor)
                } catch {
                    failure = failure ?? error
                }
                do throws(Errno) {
                    try directory.calls.unlink(file.name, in: directory.descriptor)
                } catch  where error == .noSuchFileOrDirectory {
                    // Put in place.
                } catch {
                    failure = failure ?? error
                }
            }
            return failure
        }
    }
}

/// A file in the scratch directory.
package struct ScratchFile: Sendable, Equatable {
    /// Relative to the scratch directory.
    let name: FilePath
    package let descriptor: FileDescriptor
}
