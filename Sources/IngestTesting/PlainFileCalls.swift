import CLinux
import Glibc
package import Ingest
package import SystemPackage

/// The system calls, and a chance for a test to make any of them fail.
package struct PlainFileCalls: FileCalls {
    /// Called before each call with its name, `rename` for instance: what it throws, the call does.
    private let fault: @Sendable (String) throws(Errno) -> Void

    package init(fault: @escaping @Sendable (String) throws(Errno) -> Void = { _ in }) {
        self.fault = fault
    }

    @discardableResult
    private func call<Result: SignedInteger>(_ name: String, _ body: () -> Result) throws(Errno) -> Result {
        try fault(name)
        let result = body()
        guard result >= 0 else { throw Errno(rawValue: errno) }
        return result
    }

    package func open(
        _ name: FilePath,
        in directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        let flags =
            switch mode {
            case .read: O_RDONLY
            case .readNonblocking: O_RDONLY | O_NONBLOCK
            case .create: O_RDWR | O_CREAT | O_EXCL
            case .readWrite: O_RDWR
            case .directory: O_RDONLY | O_DIRECTORY
            }
        return FileDescriptor(
            rawValue: try call("open") {
                openat(directory.rawValue, name.string, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
            }
        )
    }
    package func open(
        _ path: FilePath,
        beneath directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        try open(path, in: directory, mode)
    }
    package func duplicate(_ file: FileDescriptor) throws(Errno) -> FileDescriptor {
        FileDescriptor(rawValue: try call("duplicate") { fcntl(file.rawValue, F_DUPFD_CLOEXEC, 0) })
    }
    package func close(_ file: FileDescriptor) throws(Errno) {
        try call("close") { Glibc.close(file.rawValue) }
    }
    package func write(
        _ bytes: UnsafeRawBufferPointer,
        to file: FileDescriptor,
        at offset: Int64
    ) throws(Errno) -> Int {
        try call("write") { pwrite(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset)) }
    }
    package func read(
        into bytes: UnsafeMutableRawBufferPointer,
        from file: FileDescriptor,
        at offset: Int64
    ) throws(Errno) -> Int {
        try call("read") { pread(file.rawValue, bytes.baseAddress, bytes.count, off_t(offset)) }
    }
    package func resize(_ file: FileDescriptor, to size: Int64) throws(Errno) {
        try call("resize") { ftruncate(file.rawValue, off_t(size)) }
    }
    package func reserve(_ file: FileDescriptor, length: Int64) throws(Errno) {
        try call("reserve") { clinux_reserve(file.rawValue, 0, length) }
    }
    package func startWriteback(_ file: FileDescriptor, offset: Int64, length: Int64) throws(Errno) {
        try call("startWriteback") { clinux_start_writeback(file.rawValue, offset, length) }
    }
    package func syncData(_ file: FileDescriptor) throws(Errno) {
        try call("syncData") { fdatasync(file.rawValue) }
    }
    package func syncDirectory(_ directory: FileDescriptor) throws(Errno) {
        try call("syncDirectory") { fsync(directory.rawValue) }
    }
    package func dropCachedPages(_ file: FileDescriptor) throws(Errno) {
        try call("dropCachedPages") { -clinux_drop_cached_pages(file.rawValue) }
    }
    package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
        var found = clinux_identity()
        try call("status") { clinux_identity_of(file.rawValue, &found) }
        return FileStatus(found)
    }
    package func status(of name: FilePath, in directory: FileDescriptor) throws(Errno) -> FileStatus {
        var found = clinux_identity()
        try call("status") { clinux_identity_at(directory.rawValue, name.string, &found) }
        return FileStatus(found)
    }
    package func setMode(_ file: FileDescriptor, _ mode: UInt32) throws(Errno) {
        try call("setMode") { fchmod(file.rawValue, mode) }
    }
    package func setGroup(_ file: FileDescriptor, _ group: UInt32) throws(Errno) {
        try call("setGroup") { fchown(file.rawValue, .max, group) }
    }
    package func setModificationTime(_ file: FileDescriptor, _ time: Int64) throws(Errno) {
        try call("setModificationTime") { clinux_set_times(file.rawValue, time) }
    }
    package func setAttribute(_ name: String, of file: FileDescriptor, to value: [UInt8]) throws(Errno) {
        try call("setAttribute") { clinux_set_attribute(file.rawValue, name, value, value.count) }
    }
    package func attribute(_ name: String, of file: FileDescriptor) throws(Errno) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 256)
        do throws(Errno) {
            let size = try call("attribute") { clinux_get_attribute(file.rawValue, name, &value, value.count) }
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
        try call("renameExclusively") {
            clinux_rename_noreplace(directory.rawValue, name.string, newDirectory.rawValue, newName.string)
        }
    }
    package func rename(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try call("rename") { renameat(directory.rawValue, name.string, newDirectory.rawValue, newName.string) }
    }
    package func link(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try call("link") { linkat(directory.rawValue, name.string, newDirectory.rawValue, newName.string, 0) }
    }
    package func unlink(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try call("unlink") { unlinkat(directory.rawValue, name.string, 0) }
    }
    package func makeDirectory(_ name: FilePath, in directory: FileDescriptor, mode: UInt32) throws(Errno) {
        try call("makeDirectory") { mkdirat(directory.rawValue, name.string, mode) }
    }
    package func removeDirectory(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try call("removeDirectory") { unlinkat(directory.rawValue, name.string, AT_REMOVEDIR) }
    }
    package func forEachEntry(
        of directory: FileDescriptor,
        _ body: (UnsafeRawBufferPointer, EntryType) throws(Errno) -> Void
    ) throws(Errno) {
        // A descriptor of its own: closedir(3) closes it, and its offset is not the caller's.
        let own = try call("entries") { openat(directory.rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let stream = fdopendir(own) else { throw Errno(rawValue: errno) }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { Array(String(cString: $0).utf8) }
            }
            guard name != Array(".".utf8) && name != Array("..".utf8) else { continue }
            let result = name.withUnsafeBytes { bytes in
                Result { () throws(Errno) in try body(bytes, .unknown) }
            }
            try result.get()
        }
    }
    package func space(of directory: FileDescriptor) throws(Errno) -> FilesystemSpace {
        var found = statvfs()
        try call("space") { fstatvfs(directory.rawValue, &found) }
        return FilesystemSpace(
            available: Int64(found.f_bavail * found.f_frsize),
            total: Int64(found.f_blocks * found.f_frsize),
            availableInodes: Int64(found.f_favail),
            totalInodes: Int64(found.f_files)
        )
    }
}

extension FileStatus {
    fileprivate init(_ found: clinux_identity) {
        self.init(
            identity: FileIdentity(
                inode: found.inode,
                birthTime: found.birth_time,
                size: Int64(found.size),
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
