import Glibc
import IngestTesting
import SystemPackage
import Testing

/// A filesystem of its own in memory, below a directory and gone with it; needs root.
final class SmallFilesystem {
    let directory: TemporaryDirectory
    private let path: FilePath

    /// With the options of mount(8) for a tmpfs.
    init(options: String) async throws {
        directory = try TemporaryDirectory()
        path = directory.path
        let outcome = try await CommandLineTool.run("mount", ["-t", "tmpfs", "-o", options, "none", path.string])
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }

    deinit {
        umount2(path.string, Int32(MNT_DETACH))
    }
}
