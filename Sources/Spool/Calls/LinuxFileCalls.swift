import CLinux
import Glibc
package import Ingest
package import SystemPackage

/// The system calls themselves.
///
/// Interrupted calls are made again, except close(2), which has closed the descriptor already, and the syncs.
package struct LinuxFileCalls: FileCalls {
    package init() {}

    package func open(
        _ name: FilePath,
        in directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        let opened = try retrying {
            name.withPlatformString { clinux_open_at(directory.rawValue, $0, mode.flags, 0o600) }
        }
        return FileDescriptor(rawValue: opened)
    }

    package func open(
        _ path: FilePath,
        beneath directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        do throws(Errno) {
            let opened = try retrying {
                path.withPlatformString { clinux_open_beneath(directory.rawValue, $0, mode.flags | O_NOFOLLOW, 0o600) }
            }
            return FileDescriptor(rawValue: opened)
        } catch  where error == .noFunction || error == .notPermitted {
            // What system call filters make of a call they do not let through; an EPERM of the file's own comes again.
            return try openByComponent(path, beneath: directory, mode)
        }
    }

    /// The fallback for openat2(2); `..` cannot occur in the paths of a bucket, so O_NOFOLLOW at each step suffices.
    package func openByComponent(
        _ path: FilePath,
        beneath directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        guard path.root == nil, path.components.allSatisfy({ $0.kind == .regular }), let last = path.lastComponent
        else {
            throw .invalidArgument
        }
        var current = directory
        defer {
            if current != directory {
                _ = Glibc.close(current.rawValue)
            }
        }
        for component in path.components.dropLast() {
            let next = try open(FilePath(root: nil, components: component), in: current, .directory)
            if current != directory {
                try close(current)
            }
            current = next
        }
        return try open(FilePath(root: nil, components: last), in: current, mode)
    }

    package func duplicate(_ file: FileDescriptor) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try retrying { clinux_duplicate(file.rawValue) })
    }

    package func close(_ file: FileDescriptor) throws(Errno) {
        try once { Glibc.close(file.rawValue) }
    }

    package func write(
        _ bytes: UnsafeRawBufferPointer,
        to file: FileDescriptor,
        at offset: Int64
    ) throws(Errno) -> Int {
        try retrying { pwrite(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset)) }
    }

    package func read(
        into bytes: UnsafeMutableRawBufferPointer,
        from file: FileDescriptor,
        at offset: Int64
    ) throws(Errno) -> Int {
        try retrying { pread(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset)) }
    }

    package func resize(_ file: FileDescriptor, to size: Int64) throws(Errno) {
        try retrying { ftruncate(file.rawValue, off_t(size)) }
    }

    package func reserve(_ file: FileDescriptor, length: Int64) throws(Errno) {
        try retrying { clinux_reserve(file.rawValue, 0, length) }
    }

    package func startWriteback(_ file: FileDescriptor, offset: Int64, length: Int64) throws(Errno) {
        try once { clinux_start_writeback(file.rawValue, offset, length) }
    }

    package func syncData(_ file: FileDescriptor) throws(Errno) {
        try once { fdatasync(file.rawValue) }
    }

    package func syncDirectory(_ directory: FileDescriptor) throws(Errno) {
        try once { fsync(directory.rawValue) }
    }

    package func dropCachedPages(_ file: FileDescriptor) throws(Errno) {
        let failure = clinux_drop_cached_pages(file.rawValue)
        guard failure == 0 else { throw Errno(rawValue: failure) }
    }

    package func space(of directory: FileDescriptor) throws(Errno) -> FilesystemSpace {
        var found = statvfs()
        try retrying { fstatvfs(directory.rawValue, &found) }
        let unit = Int64(clamping: found.f_frsize)
        return FilesystemSpace(
            available: Self.bytes(Int64(clamping: found.f_bavail), unit),
            total: Self.bytes(Int64(clamping: found.f_blocks), unit),
            availableInodes: Int64(clamping: found.f_favail),
            totalInodes: Int64(clamping: found.f_files)
        )
    }

    /// A FUSE filesystem may claim any number of blocks.
    private static func bytes(_ blocks: Int64, _ unit: Int64) -> Int64 {
        let (bytes, isTooLarge) = blocks.multipliedReportingOverflow(by: unit)
        return isTooLarge ? .max : bytes
    }
}

extension FileOpening {
    fileprivate var flags: Int32 {
        switch self {
        case .read: O_RDONLY
        case .readNonblocking: O_RDONLY | O_NONBLOCK | O_NOCTTY
        case .create: O_RDWR | O_CREAT | O_EXCL
        case .readWrite: O_RDWR
        case .directory: O_RDONLY | O_DIRECTORY
        }
    }
}

/// The result of a call that reports -1 and errno.
@discardableResult
func once<Number: FixedWidthInteger & SignedInteger>(_ call: () -> Number) throws(Errno) -> Number {
    let result = call()
    guard result != -1 else { throw Errno(rawValue: errno) }
    return result
}

/// Makes a call again for as long as a signal interrupts it.
@discardableResult
func retrying<Number: FixedWidthInteger & SignedInteger>(_ call: () -> Number) throws(Errno) -> Number {
    while true {
        do throws(Errno) {
            return try once(call)
        } catch .interrupted {
            continue
        }
    }
}
