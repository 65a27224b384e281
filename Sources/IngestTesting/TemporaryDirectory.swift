import Glibc
package import SystemPackage

/// A directory of its own for a test, removed with everything in it when the last reference goes.
package final class TemporaryDirectory: Sendable {
    package let path: FilePath

    /// Makes it below `parent`, which tells the filesystem; `TMPDIR` or `/tmp` if nil.
    package init(in parent: FilePath? = nil) throws {
        let base = parent?.string ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/bucketd-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Errno(rawValue: errno) }
        path = FilePath(platformString: made)
    }

    deinit {
        removeTree(path)
    }

    /// A path below the directory.
    package func file(_ relative: String) -> FilePath {
        path.pushing(FilePath(relative))
    }

    /// Makes directories, with their parents.
    package func makeDirectory(_ relative: String) throws {
        var made = path
        for component in FilePath(relative).components {
            made.append(component)
            guard mkdir(made.string, 0o770) == 0 || errno == EEXIST else { throw Errno(rawValue: errno) }
        }
    }

    package func write(_ bytes: some Sequence<UInt8>, to relative: String) throws {
        let descriptor = try FileDescriptor.open(
            file(relative),
            .writeOnly,
            options: [.create, .truncate, .closeOnExec],
            permissions: [.ownerReadWrite, .groupRead]
        )
        try descriptor.closeAfter { _ = try descriptor.writeAll(bytes) }
    }

    package func read(_ relative: String) throws -> [UInt8] {
        let descriptor = try FileDescriptor.open(file(relative), .readOnly, options: .closeOnExec)
        return try descriptor.closeAfter {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = try buffer.withUnsafeMutableBytes { try descriptor.read(into: $0) }
                if count == 0 { return all }
                all += buffer.prefix(count)
            }
        }
    }

    /// The sorted names of a directory's entries; none if there is no such directory.
    package func names(in relative: String = ".") -> [String] {
        entries(of: file(relative)).sorted()
    }

    package func isDirectory(_ relative: String) -> Bool {
        var status = stat()
        return lstat(file(relative).string, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    package func exists(_ relative: String) -> Bool {
        var status = stat()
        return lstat(file(relative).string, &status) == 0
    }
}

private func entries(of directory: FilePath) -> [String] {
    guard let stream = opendir(directory.string) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
            pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names
}

/// Removes without following symbolic links; a test may have taken away a directory's rights.
private func removeTree(_ path: FilePath) {
    if unlink(path.string) == 0 { return }
    chmod(path.string, 0o700)
    for name in entries(of: path) {
        removeTree(path.appending(name))
    }
    rmdir(path.string)
}
