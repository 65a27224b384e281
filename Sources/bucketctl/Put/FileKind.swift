import Glibc
import SystemPackage

/// What a path leads to.
enum FileKind: Sendable {
    case regular(size: Int64)
    case directory
    /// "a symbolic link", ...
    case other(String)

    var isDirectory: Bool { if case .directory = self { true } else { false } }

    /// Follows symbolic links; nil where there is nothing, or it cannot be seen.
    init?(_ path: FilePath) {
        var status = stat()
        guard path.withPlatformString({ stat($0, &status) }) == 0 else { return nil }
        self.init(status)
    }

    /// Of a name, which is not followed.
    init?(_ name: FilePath, in directory: FileDescriptor) {
        var status = stat()
        guard name.withPlatformString({ fstatat(directory.rawValue, $0, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
            return nil
        }
        self.init(status)
    }

    private init(_ status: stat) {
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
