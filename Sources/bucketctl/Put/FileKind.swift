import Glibc
import SystemPackage

/// What a path leads to.
enum FileKind: Sendable {
    case regular(size: Int64)
    case directory
    /// "a symbolic link", ...
    case other(String)

    var isDirectory: Bool { if case .directory = self { true } else { false } }

    /// Nil where there is nothing, or it cannot be seen.
    init?(_ path: FilePath, followingLinks: Bool) {
        var status = stat()
        let result = path.withPlatformString { followingLinks ? stat($0, &status) : lstat($0, &status) }
        guard result == 0 else { return nil }
        switch status.st_mode & S_IFMT {
        case S_IFREG: self = .regular(size: Int64(status.st_size))
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .other("a symbolic link")
        case S_IFIFO: self = .other("a pipe")
        case S_IFSOCK: self = .other("a socket")
        default: self = .other("a device")
        }
    }
}
