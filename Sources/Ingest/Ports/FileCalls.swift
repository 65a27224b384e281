package import SystemPackage

/// The system calls that spool and bucket are made of, one method each, so that a test can make any of them fail.
///
/// All of them block: never call one on the cooperative pool. Names are relative to a directory's descriptor, symbolic
/// links in the last component are never followed.
package protocol FileCalls: Sendable {
    /// openat(2) with O_CLOEXEC | O_NOFOLLOW added.
    func open(_ name: FilePath, in directory: FileDescriptor, _ mode: FileOpening) throws(Errno) -> FileDescriptor
    /// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS: a path of several components, none of them a link or `..`.
    ///
    /// Where a filter hides that call (ENOSYS, EPERM), one openat(2) with O_NOFOLLOW a component.
    func open(_ path: FilePath, beneath directory: FileDescriptor, _ mode: FileOpening) throws(Errno) -> FileDescriptor
    /// A second descriptor of the same open file; both share one offset.
    func duplicate(_ file: FileDescriptor) throws(Errno) -> FileDescriptor
    /// The descriptor is closed even if this throws: never call it again for the same one (close(2), NOTES).
    func close(_ file: FileDescriptor) throws(Errno)
    /// pwrite(2), which may write less than asked.
    func write(_ bytes: UnsafeRawBufferPointer, to file: FileDescriptor, at offset: Int64) throws(Errno) -> Int
    /// pread(2); 0 at the end of the file.
    func read(into bytes: UnsafeMutableRawBufferPointer, from file: FileDescriptor, at offset: Int64) throws(Errno)
        -> Int
    /// ftruncate(2).
    func resize(_ file: FileDescriptor, to size: Int64) throws(Errno)
    /// fallocate(2), FALLOC_FL_KEEP_SIZE.
    func reserve(_ file: FileDescriptor, length: Int64) throws(Errno)
    /// sync_file_range(2), SYNC_FILE_RANGE_WRITE: starts writing, does not wait.
    func startWriteback(_ file: FileDescriptor, offset: Int64, length: Int64) throws(Errno)
    /// fdatasync(2). After an error the data is lost: never call it again for the same file.
    func syncData(_ file: FileDescriptor) throws(Errno)
    /// fsync(2) of a directory.
    func syncDirectory(_ directory: FileDescriptor) throws(Errno)
    /// posix_fadvise(2), POSIX_FADV_DONTNEED.
    func dropCachedPages(_ file: FileDescriptor) throws(Errno)

    /// statx(2).
    func status(of file: FileDescriptor) throws(Errno) -> FileStatus
    func status(of name: FilePath, in directory: FileDescriptor) throws(Errno) -> FileStatus
    func setMode(_ file: FileDescriptor, _ mode: UInt32) throws(Errno)
    func setGroup(_ file: FileDescriptor, _ group: UInt32) throws(Errno)
    /// futimens(2), nanoseconds since 1970.
    func setModificationTime(_ file: FileDescriptor, _ time: Int64) throws(Errno)
    func setAttribute(_ name: String, of file: FileDescriptor, to value: [UInt8]) throws(Errno)
    /// Nil if there is no such attribute or the filesystem knows none.
    func attribute(_ name: String, of file: FileDescriptor) throws(Errno) -> [UInt8]?

    /// renameat2(2) with RENAME_NOREPLACE: `.fileExists` when the new name is taken.
    func renameExclusively(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno)
    /// renameat(2): replaces what has the new name.
    func rename(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno)
    func link(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno)
    func unlink(_ name: FilePath, in directory: FileDescriptor) throws(Errno)
    func makeDirectory(_ name: FilePath, in directory: FileDescriptor, mode: UInt32) throws(Errno)
    func removeDirectory(_ name: FilePath, in directory: FileDescriptor) throws(Errno)
    /// Calls `body` with each name in a directory but `.` and `..`, in no order; what it throws ends that.
    ///
    /// A name need not be UTF-8; its bytes last as long as the call. The type is what the directory itself tells
    /// (readdir(3), d_type).
    func forEachEntry(
        of directory: FileDescriptor,
        _ body: (UnsafeRawBufferPointer, EntryType) throws(Errno) -> Void
    ) throws(Errno)
    /// fstatvfs(3).
    func space(of directory: FileDescriptor) throws(Errno) -> FilesystemSpace
}

extension FileCalls {
    /// Names in a directory but `.` and `..`, in no order; a name need not be UTF-8.
    package func entries(of directory: FileDescriptor) throws(Errno) -> [FilePath] {
        var names: [FilePath] = []
        try forEachEntry(of: directory) { (name, _) throws(Errno) in
            names.append(FilePath(bytes: name))
        }
        return names
    }
}

/// What kind of file a name in a directory is.
package enum EntryType: Sendable {
    case regular
    case directory
    /// A link, socket, FIFO or device.
    case other
    /// The filesystem does not say; statx(2) does.
    case unknown
}

/// How a file is opened.
package enum FileOpening: Sendable, Equatable {
    case read
    /// O_NONBLOCK too: a FIFO must not hang the reader.
    case readNonblocking
    /// O_RDWR | O_CREAT | O_EXCL, mode 0600.
    case create
    case readWrite
    /// O_PATH | O_DIRECTORY is not enough to sync: this is O_RDONLY | O_DIRECTORY.
    case directory
}

package struct FileStatus: Sendable, Equatable {
    package var identity: FileIdentity
    /// File type and permissions, as in `st_mode`.
    package var mode: UInt32
    package var links: UInt32
    package var owner: UInt32
    package var group: UInt32
    /// Major and minor number of the device.
    package var device: UInt64

    package init(
        identity: FileIdentity,
        mode: UInt32,
        links: UInt32,
        owner: UInt32,
        group: UInt32,
        device: UInt64
    ) {
        self.identity = identity
        self.mode = mode
        self.links = links
        self.owner = owner
        self.group = group
        self.device = device
    }

    package var isRegularFile: Bool { mode & 0o170000 == 0o100000 }
    package var isDirectory: Bool { mode & 0o170000 == 0o040000 }
}

package struct FilesystemSpace: Sendable, Equatable {
    /// Bytes that an unprivileged process may still take.
    package var available: Int64
    /// 0 where the filesystem tells no size.
    package var total: Int64
    package var availableInodes: Int64
    /// 0 where inodes are made as they are needed (btrfs): then nobody runs out of them.
    package var totalInodes: Int64

    package init(available: Int64, total: Int64, availableInodes: Int64, totalInodes: Int64 = 0) {
        self.available = available
        self.total = total
        self.availableInodes = availableInodes
        self.totalInodes = totalInodes
    }
}
