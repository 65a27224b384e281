import Glibc
import SystemPackage

/// What files that decide on access have in common.
enum AccessFile {
    /// Throws `.invalidFile` for what others may read or write, or is no regular file.
    ///
    /// A credential of systemd (LoadCredential=, systemd.exec(5)) may have mode 0440: root's or our own, and for nobody to
    /// write.
    static func requirePrivate(_ file: FileDescriptor, _ path: FilePath) throws {
        let status = try Self.status(of: file)
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw AccessError(.invalidFile, "\(path) is no regular file.")
        }
        let isCredential = status.st_mode & 0o777 == 0o440 && (status.st_uid == 0 || status.st_uid == geteuid())
        guard status.st_mode & 0o077 == 0 || isCredential else {
            throw AccessError(.invalidFile, "\(path) is open to others than its owner: chmod 600 \(path)")
        }
    }

    static func status(of file: FileDescriptor) throws -> stat {
        var status = stat()
        guard fstat(file.rawValue, &status) == 0 else { throw Errno(rawValue: errno) }
        return status
    }

    /// Whether the path still names the open file.
    static func isCurrent(_ file: FileDescriptor, _ path: FilePath) throws -> Bool {
        let own = try Self.status(of: file)
        var named = stat()
        return stat(path.string, &named) == 0 && named.st_ino == own.st_ino && named.st_dev == own.st_dev
    }

    static func text(of file: FileDescriptor, limit: Int, _ path: FilePath) throws -> String {
        var bytes: [UInt8] = []
        while true {
            let part = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                count = try file.read(
                    fromAbsoluteOffset: Int64(bytes.count),
                    into: UnsafeMutableRawBufferPointer(buffer)
                )
            }
            guard !part.isEmpty else { break }
            bytes += part
            guard bytes.count <= limit else {
                throw AccessError(.invalidFile, "\(path) is larger than \(limit) bytes.")
            }
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw AccessError(.invalidFile, "\(path) is no text in UTF-8.")
        }
        return text
    }

    /// Until the file is closed, for other programs that lock it (flock(2)).
    static func lock(_ file: FileDescriptor) throws {
        while flock(file.rawValue, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
    }

    static func sync(_ file: FileDescriptor) throws {
        guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
    }

    /// A new name is safe with its directory only (fsync(2)).
    static func syncDirectory(of path: FilePath) throws {
        let directory = path.removingLastComponent()
        let file = try FileDescriptor.open(
            directory.isEmpty ? "." : directory,
            .readOnly,
            options: [.closeOnExec, .directory]
        )
        try file.closeAfter { try sync(file) }
    }
}
