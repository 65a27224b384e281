package import Ingest
package import SystemPackage

/// System calls that fail, or wait, where a plan says so, and are otherwise those of `base`.
///
/// A failed call has done nothing, but for `close`: the kernel frees the descriptor whatever close(2) reports.
package struct FaultyFileCalls: FileCalls {
    package let base: any FileCalls
    package let plan: FaultPlan

    package init(_ base: any FileCalls, _ plan: FaultPlan) {
        self.base = base
        self.plan = plan
    }

    private func check(_ call: FileCall) throws(Errno) {
        if let error = plan.verdict(on: call) {
            throw error
        }
    }

    package func open(_ name: FilePath, in directory: FileDescriptor, _ mode: FileOpening) throws(Errno)
        -> FileDescriptor
    {
        try check(mode == .create ? .create : .open)
        let opened = try base.open(name, in: directory, mode)
        plan.opened(1)
        return opened
    }

    package func open(
        _ path: FilePath,
        beneath directory: FileDescriptor,
        _ mode: FileOpening
    ) throws(Errno) -> FileDescriptor {
        try check(.openBeneath)
        let opened = try base.open(path, beneath: directory, mode)
        plan.opened(1)
        return opened
    }

    package func duplicate(_ file: FileDescriptor) throws(Errno) -> FileDescriptor {
        try check(.duplicate)
        let duplicate = try base.duplicate(file)
        plan.opened(1)
        return duplicate
    }

    package func close(_ file: FileDescriptor) throws(Errno) {
        let failure = plan.verdict(on: .close)
        defer { plan.opened(-1) }
        try base.close(file)
        if let failure {
            throw failure
        }
    }

    package func write(_ bytes: UnsafeRawBufferPointer, to file: FileDescriptor, at offset: Int64) throws(Errno) -> Int
    {
        try check(.write)
        return try base.write(bytes, to: file, at: offset)
    }

    package func read(
        into bytes: UnsafeMutableRawBufferPointer,
        from file: FileDescriptor,
        at offset: Int64
    ) throws(Errno) -> Int {
        try check(.read)
        return try base.read(into: bytes, from: file, at: offset)
    }

    package func resize(_ file: FileDescriptor, to size: Int64) throws(Errno) {
        try check(.resize)
        try base.resize(file, to: size)
    }

    package func reserve(_ file: FileDescriptor, length: Int64) throws(Errno) {
        try check(.reserve)
        try base.reserve(file, length: length)
    }

    package func startWriteback(_ file: FileDescriptor, offset: Int64, length: Int64) throws(Errno) {
        try check(.startWriteback)
        try base.startWriteback(file, offset: offset, length: length)
    }

    package func syncData(_ file: FileDescriptor) throws(Errno) {
        try sync(file) { () throws(Errno) in
            try check(.syncData)
            try base.syncData(file)
        }
    }

    package func syncDirectory(_ directory: FileDescriptor) throws(Errno) {
        try sync(directory) { () throws(Errno) in
            try check(.syncDirectory)
            try base.syncDirectory(directory)
        }
    }

    /// Keeps account of what is synced again after it has failed.
    private func sync(_ file: FileDescriptor, _ body: () throws(Errno) -> Void) throws(Errno) {
        let inode = try base.status(of: file).identity.inode
        plan.syncing(inode)
        do throws(Errno) {
            try body()
        } catch {
            plan.syncFailed(inode)
            throw error
        }
    }

    package func dropCachedPages(_ file: FileDescriptor) throws(Errno) {
        try check(.dropCachedPages)
        try base.dropCachedPages(file)
    }

    package func status(of file: FileDescriptor) throws(Errno) -> FileStatus {
        try check(.status)
        return try base.status(of: file)
    }

    package func status(of name: FilePath, in directory: FileDescriptor) throws(Errno) -> FileStatus {
        try check(.statusOfName)
        return try base.status(of: name, in: directory)
    }

    package func setMode(_ file: FileDescriptor, _ mode: UInt32) throws(Errno) {
        try check(.setMode)
        try base.setMode(file, mode)
    }

    package func setGroup(_ file: FileDescriptor, _ group: UInt32) throws(Errno) {
        try check(.setGroup)
        try base.setGroup(file, group)
    }

    package func setModificationTime(_ file: FileDescriptor, _ time: Int64) throws(Errno) {
        try check(.setModificationTime)
        try base.setModificationTime(file, time)
    }

    package func setAttribute(_ name: String, of file: FileDescriptor, to value: [UInt8]) throws(Errno) {
        try check(.setAttribute)
        try base.setAttribute(name, of: file, to: value)
    }

    package func attribute(_ name: String, of file: FileDescriptor) throws(Errno) -> [UInt8]? {
        try check(.attribute)
        return try base.attribute(name, of: file)
    }

    package func renameExclusively(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try check(.renameExclusively)
        try base.renameExclusively(name, in: directory, to: newName, in: newDirectory)
    }

    package func rename(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try check(.rename)
        try base.rename(name, in: directory, to: newName, in: newDirectory)
    }

    package func link(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        try check(.link)
        try base.link(name, in: directory, to: newName, in: newDirectory)
    }

    package func unlink(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try check(.unlink)
        try base.unlink(name, in: directory)
    }

    package func makeDirectory(_ name: FilePath, in directory: FileDescriptor, mode: UInt32) throws(Errno) {
        try check(.makeDirectory)
        try base.makeDirectory(name, in: directory, mode: mode)
    }

    package func removeDirectory(_ name: FilePath, in directory: FileDescriptor) throws(Errno) {
        try check(.removeDirectory)
        try base.removeDirectory(name, in: directory)
    }

    package func forEachEntry(
        of directory: FileDescriptor,
        _ body: (UnsafeRawBufferPointer, EntryType) throws(Errno) -> Void
    ) throws(Errno) {
        try check(.entries)
        try base.forEachEntry(of: directory, body)
    }

    package func space(of directory: FileDescriptor) throws(Errno) -> FilesystemSpace {
        try check(.space)
        return try base.space(of: directory)
    }
}
