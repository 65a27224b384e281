import Glibc
import IngestTesting
import SystemPackage

/// The loop device below a mounted filesystem, which the kernel frees with it.
///
/// A mount namespace that others make has the mount too (mount_namespaces(7)): until the last of them is gone the
/// filesystem lives on, with the errors that it has seen, and whoever mounts the image again gets the very same.
struct LoopDevice: Sendable {
    private let description: FilePath
    private let image: String

    init(under directory: FilePath) throws {
        var status = stat()
        guard stat(directory.string, &status) == 0 else {
            throw DiskError("stat \(directory): \(Errno(rawValue: errno))")
        }
        // makedev(3)
        let (major, minor) = (status.st_dev >> 8 & 0xFFF, status.st_dev & 0xFF | status.st_dev >> 12 & 0xFFF00)
        description = FilePath("/sys/dev/block/\(major):\(minor)/loop/backing_file")
        guard let image = Self.text(of: description) else { throw DiskError("\(directory) is on no loop device") }
        self.image = image
    }

    /// Blocks until the device is free or another's, which nothing tells by itself; throws after a minute.
    func waitUntilFree() throws {
        for _ in 0..<6_000 {
            guard Self.text(of: description) == image else { return }
            usleep(10_000)
        }
        throw DiskError("\(image) is still mounted elsewhere")
    }

    private static func text(of path: FilePath) -> String? {
        guard let file = try? FileDescriptor.open(path, .readOnly, options: .closeOnExec) else { return nil }
        return try? file.closeAfter {
            try String(unsafeUninitializedCapacity: 4096) { buffer in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer))
            }
        }
    }
}
