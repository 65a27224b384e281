import CLinux
import Glibc
import Ingest
import SystemPackage

/// A folder that the user named: what is in it is found and opened without following symbolic links, whatever its path
/// or those of the folders within it lead to meanwhile.
final class SourceFolder: Sendable {
    struct Entry: Sendable {
        let name: [UInt8]
        /// Nil if it went away.
        let kind: FileKind?
    }

    let path: FilePath
    private let descriptor: FileDescriptor

    /// Follows the symbolic links of the user's own path.
    init(_ path: FilePath) throws(Errno) {
        let opened = path.withPlatformString { Glibc.open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard opened >= 0 else { throw Errno(rawValue: errno) }
        self.path = path
        descriptor = FileDescriptor(rawValue: opened)
    }

    deinit {
        // A directory that was only read: nothing is lost with an error here.
        try? descriptor.close()
    }

    /// A file below it, for reading; `inner` is relative to the folder.
    func open(_ inner: FilePath) throws(Errno) -> FileDescriptor {
        // Opening a pipe must not wait for its writer.
        try open(inner, O_NONBLOCK)
    }

    /// What is in the folder or, of a path, in one within it, by name.
    func entries(of inner: FilePath) throws(Errno) -> [Entry] {
        let opened = try open(inner.isEmpty ? "." : inner, O_DIRECTORY)
        guard let stream = fdopendir(opened.rawValue) else {
            let cause = Errno(rawValue: errno)
            try? opened.close()
            throw cause
        }
        defer { closedir(stream) }
        var entries: [Entry] = []
        while true {
            // Only this tells an error from the end (readdir(3)).
            errno = 0
            guard let entry = readdir(stream) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in Array(bytes.prefix { $0 != 0 }) }
            guard name != Array(".".utf8), name != Array("..".utf8) else { continue }
            entries.append(Entry(name: name, kind: FileKind(FilePath(bytes: name), in: opened)))
        }
        let cause = errno
        guard cause == 0 else { throw Errno(rawValue: cause) }
        return entries.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    /// One openat(2) with O_NOFOLLOW a component: openat2(2) is not let through by every system call filter.
    private func open(_ inner: FilePath, _ flags: Int32) throws(Errno) -> FileDescriptor {
        var current = descriptor
        defer {
            if current != descriptor { try? current.close() }
        }
        let components = Array(inner.components)
        for (index, component) in components.enumerated() {
            let isLast = index == components.count - 1
            let opened = component.withPlatformString {
                clinux_open_at(current.rawValue, $0, O_RDONLY | (isLast ? flags : O_DIRECTORY), 0)
            }
            guard opened >= 0 else { throw Errno(rawValue: errno) }
            let next = FileDescriptor(rawValue: opened)
            guard !isLast else { return next }
            if current != descriptor { try? current.close() }
            current = next
        }
        throw .invalidArgument
    }
}
