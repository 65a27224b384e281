import CLinux
import Glibc
package import Ingest
package import SystemPackage

extension LinuxFileCalls {
    package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
        var found = clinux_identity()
        try retrying { clinux_identity_of(file.rawValue, &found) }
        return FileStatus(found)
    }

    package func status(of name: FilePath, in directory: FileDescriptor) throws(Errno) -> FileStatus {
        var found = clinux_identity()
        try retrying { name.withPlatformString { clinux_identity_at(directory.rawValue, $0, &found) } }
        return FileStatus(found)
    }

    package func setMode(_ file: FileDescriptor, _ mode: UInt32) throws(Errno) {
        try retrying { fchmod(file.rawValue, mode_t(mode)) }
    }

    package func setGroup(_ file: FileDescriptor, _ group: UInt32) throws(Errno) {
        try retrying { fchown(file.rawValue, uid_t.max, gid_t(group)) }
    }

    package func setModificationTime(_ file: FileDescriptor, _ time: Int64) throws(Errno) {
        try retrying { clinux_set_times(file.rawValue, time) }
    }

    package func setAttribute(_ name: String, of file: FileDescriptor, to value: [UInt8]) throws(Errno) {
        try retrying { clinux_set_attribute(file.rawValue, name, value, value.count) }
    }

    package func attribute(_ name: String, of file: FileDescriptor) throws(Errno) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 256)
        do throws(Errno) {
            let size = try retrying { clinux_get_attribute(file.rawValue, name, &value, value.count) }
            return Array(value.prefix(size))
        } catch  where error == .noData || error == .notSupported {
            return nil
        }
    }

    package func renameExclusively(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try retrying {
            name.withPlatformString { old in
                newName.withPlatformString { new in
                    clinux_rename_noreplace(directory.rawValue, old, newDirectory.rawValue, new)
                }
            }
        }
    }

    package func rename(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try retrying {
            name.withPlatformString { old in
                newName.withPlatformString { new in
                    renameat(directory.rawValue, old, newDirectory.rawValue, new)
                }
            }
        }
    }

    package func link(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try retrying {
            name.withPlatformString { old in
                newName.withPlatformString { new in
                    linkat(directory.rawValue, old, newDirectory.rawValue, new, 0)
                }
            }
        }
    }

    package func unlink(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try retrying { name.withPlatformString { unlinkat(directory.rawValue, $0, 0) } }
    }

    package func makeDirectory(_ name: FilePath, in directory: FileDescriptor, mode: UInt32) throws(Errno) {
        try retrying { name.withPlatformString { mkdirat(directory.rawValue, $0, mode_t(mode)) } }
    }

    package func removeDirectory(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try retrying { name.withPlatformString { unlinkat(directory.rawValue, $0, AT_REMOVEDIR) } }
    }

    package func forEachEntry(
        of directory: FileDescriptor,
        _ body: (UnsafeRawBufferPointer, EntryType) throws(Errno) -> Void
    ) throws(Errno) {
        // A description of its own: the one behind `directory` has an offset that others may be moving.
        let own = try open(".", in: directory, .directory)
        guard let stream = fdopendir(own.rawValue) else {
            let failure = Errno(rawValue: errno)
            try close(own)
            throw failure
        }
        defer { closedir(stream) }
        let place = MemoryLayout<dirent>.offset(of: \.d_name) ?? 0
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw Errno(rawValue: errno) }
                return
            }
            let start = UnsafeRawPointer(entry) + place
            let name = UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self)))
            if !name.elementsEqual(".".utf8) && !name.elementsEqual("..".utf8) {
                try body(name, EntryType(entry.pointee.d_type))
            }
        }
    }
}

extension EntryType {
    init(_ type: UInt8) {
        self =
            switch Int(type) {
            case Int(DT_REG): .regular
            case Int(DT_DIR): .directory
            case Int(DT_UNKNOWN): .unknown
            default: .other
            }
    }
}

extension FileStatus {
    init(_ found: clinux_identity) {
        self.init(
            identity: FileIdentity(
                inode: found.inode,
                birthTime: found.birth_time,
                size: Int64(clamping: found.size),
                modificationTime: found.modification_time
            ),
            mode: found.mode,
            links: found.links,
            owner: found.owner,
            group: found.group,
            device: UInt64(found.device_major) << 32 | UInt64(found.device_minor)
        )
    }
}
