import Glibc
import IngestTesting
import SystemPackage
import Threading

/// A disk image that is mounted through a loop device; both go with the last reference.
///
/// The kernel frees the loop device itself when the filesystem is unmounted (`mount -o loop`).
final class MountedDisk: Sendable {
    /// Calls that wait for a disk.
    static let threads = BlockingThreads(name: "test-disk", count: 4)

    /// Where it is mounted.
    let directory: TemporaryDirectory
    private let device: LoopDevice
    private let isMounted = Locked(true)

    init(_ image: FilePath, _ filesystem: DiskFilesystem) async throws {
        directory = try TemporaryDirectory()
        try await filesystem.mount(image, on: directory.path)
        device = try LoopDevice(under: directory.path)
    }

    deinit {
        // Lazily: a process that has not quite ended yet may still have files open.
        guard isMounted.withLock({ $0 }), Glibc.umount2(directory.path.string, 0) != 0 else { return }
        Glibc.umount2(directory.path.string, Int32(MNT_DETACH))
    }

    /// Returns once the image can be mounted anew.
    ///
    /// No process may have anything open there.
    func unmount() async throws {
        try await Self.threads.run { [directory, device, isMounted] in
            // A process that another test is just starting has this one's descriptors, until it runs its own program.
            var attempts = 0
            while Glibc.umount2(directory.path.string, 0) != 0 {
                guard errno == EBUSY, attempts < 1000 else {
                    throw DiskError("umount \(directory.path): \(Errno(rawValue: errno))")
                }
                attempts += 1
                usleep(10_000)
            }
            isMounted.withLock { $0 = false }
            try device.waitUntilFree()
        }
    }
}
