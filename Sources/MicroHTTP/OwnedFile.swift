import Glibc
import SystemPackage
import Threading

/// A descriptor with one owner: closed when the last reference goes, unless somebody took it.
final class OwnedFile: Sendable {
    private let descriptor: Locked<FileDescriptor?>

    init(_ descriptor: FileDescriptor) {
        self.descriptor = Locked(descriptor)
    }

    deinit {
        // Opened for reading: nothing is lost with an error here.
        if let descriptor = take() {
            _ = Glibc.close(descriptor.rawValue)
        }
    }

    /// Hands the descriptor and the duty to close it to the caller; nil the second time.
    func take() -> FileDescriptor? {
        descriptor.withLock { descriptor in
            defer { descriptor = nil }
            return descriptor
        }
    }
}
