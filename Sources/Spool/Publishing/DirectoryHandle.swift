import Ingest
import SystemPackage

/// What tells directories apart.
struct DirectoryKey: Hashable, Sendable {
    var device: UInt64
    var inode: UInt64
}

/// An open directory, closed with the last reference.
final class DirectoryHandle: Sendable {
    let descriptor: FileDescriptor
    let key: DirectoryKey
    private let calls: any FileCalls
    private let isOwned: Bool

    /// Takes over the descriptor, also when it throws.
    init(owning descriptor: FileDescriptor, _ calls: any FileCalls) throws(Errno) {
        let owned = OwnedDescriptor(descriptor, calls)
        key = DirectoryKey(try calls.status(of: descriptor))
        self.descriptor = owned.release()
        self.calls = calls
        isOwned = true
    }

    /// For a descriptor that outlives this object.
    init(borrowing descriptor: FileDescriptor, _ calls: any FileCalls) throws(Errno) {
        self.descriptor = descriptor
        self.calls = calls
        key = DirectoryKey(try calls.status(of: descriptor))
        isOwned = false
    }

    deinit {
        if isOwned {
            try? calls.close(descriptor)
        }
    }
}

extension DirectoryKey {
    init(_ status: FileStatus) {
        self.init(device: status.device, inode: status.identity.inode)
    }
}
