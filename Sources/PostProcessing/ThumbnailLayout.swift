import Digests
package import Ingest
import Jobs
package import SystemPackage
package import Threading
package import ThumbnailWire

/// Where thumbnails are: `<directory>/<size>/<path in the bucket>.<format>`.
package struct ThumbnailLayout: Sendable {
    /// What a name may have in bytes (NAME_MAX).
    private static let maxNameBytes = 255

    private let directory: FilePath
    private let calls: any FileCalls
    private let threads: BlockingThreads

    /// `directory` is absolute.
    package init(_ directory: FilePath, calls: any FileCalls, threads: BlockingThreads) {
        self.directory = directory
        self.calls = calls
        self.threads = threads
    }

    package func path(of file: BucketPath, size: Int, format: ThumbnailFormat) -> FilePath {
        path(of: file, size: FilePath("\(size)"), format: format)
    }

    private func path(of file: BucketPath, size: FilePath, format: ThumbnailFormat) -> FilePath {
        var place = directory.pushing(size)
        if let parent = file.directory {
            place.push(parent.filePath)
        }
        return place.pushing(Self.name(of: file, format: format))
    }

    /// The file's name and the extension; where that is too long the name is cut, and a hash of the whole keeps it unique.
    private static func name(of file: BucketPath, format: ThumbnailFormat) -> FilePath {
        let ending = Array(".\(format)".utf8)
        var name = Array(file.lastComponent)
        if name.count + ending.count > maxNameBytes {
            var hash = StreamingDigest(.sha256)
            hash.update(name[...])
            let mark = "~" + hash.finalize().hex.prefix(16)
            name = Array(name.prefix(maxNameBytes - ending.count - mark.utf8.count)) + mark.utf8
        }
        return FilePath(bytes: name + ending)
    }

    /// A file's thumbnails that are there, of all sizes and formats, also of those that are made no longer.
    ///
    /// Throws `Errno`.
    package func existing(of file: BucketPath) async throws -> [FilePath] {
        try await threads.run { () throws(Errno) in
            var found: [FilePath] = []
            for size in try sizes() {
                for format in ThumbnailFormat.allCases {
                    let place = path(of: file, size: size, format: format)
                    do throws(Errno) {
                        if try calls.status(of: place, in: .workingDirectory).isRegularFile {
                            found.append(place)
                        }
                    } catch  where error == .noSuchFileOrDirectory || error == .notDirectory {}
                }
            }
            return found
        }
    }

    /// Removes a file's thumbnails of all sizes and formats, also of those that are made no longer, and directories that
    /// are left empty.
    ///
    /// Called under the path's lock, when no generation has the path. Throws `Errno`.
    package func remove(_ file: BucketPath) async throws {
        try await threads.run { () throws(Errno) in
            for size in try sizes() {
                for format in ThumbnailFormat.allCases {
                    try remove(path(of: file, size: size, format: format), below: directory.pushing(size))
                }
            }
        }
    }

    /// The directories named by a number.
    private func sizes() throws(Errno) -> [FilePath] {
        let opened: FileDescriptor
        do throws(Errno) {
            opened = try calls.open(directory, in: .workingDirectory, .directory)
        } catch  where error == .noSuchFileOrDirectory {
            return []
        }
        let names: Result<[FilePath], Errno>
        do throws(Errno) {
            names = .success(try calls.entries(of: opened))
        } catch {
            names = .failure(error)
        }
        try calls.close(opened)
        return try names.get().filter { Int($0.string) != nil }
    }

    private func remove(_ thumbnail: FilePath, below root: FilePath) throws(Errno) {
        do throws(Errno) {
            try calls.unlink(thumbnail, in: .workingDirectory)
        } catch  where error == .notDirectory || error == .isDirectory {
            return
        } catch .noSuchFileOrDirectory {
            // Its directory may be left over from one that was removed alone.
        }
        var parent = thumbnail.removingLastComponent()
        while parent != root {
            do throws(Errno) {
                try calls.removeDirectory(parent, in: .workingDirectory)
            } catch .noSuchFileOrDirectory {
                // Gone before; those above it may be left.
            } catch {
                // In use again, or by others.
                return
            }
            parent.removeLastComponent()
        }
    }
}
