import Glibc
import IngestTesting
import SystemPackage

/// An empty filesystem for every measurement: one that was used makes files much more slowly.
///
/// Root gets ext4 on a loop device whose image is written once, so that no measurement pays for the image's blocks; who
/// is not root gets an empty directory.
final class FreshFilesystem {
    private let parent: TemporaryDirectory
    private let hasImage: Bool
    private let inodes: Int

    /// Both numbers are those of the image.
    init(mebibytes: Int, inodes: Int = 400_000) async throws {
        parent = try TemporaryDirectory()
        self.inodes = inodes
        hasImage = geteuid() == 0
        guard hasImage else { return }
        try parent.makeDirectory("mount")
        Progress.say("writing an image of \(mebibytes) MiB")
        try await Self.run(
            "dd",
            ["if=/dev/zero", "of=\(parent.file("image"))", "bs=1M", "count=\(mebibytes)", "conv=fsync", "status=none"]
        )
    }

    /// For a table's remark.
    var description: String {
        hasImage
            ? "ext4, made anew for every measurement, in a loop device with direct I/O on \(kind)"
            : "an empty directory on \(kind); as root it would be a filesystem made for every measurement"
    }

    private var kind: String { "\(Machine.filesystem(of: parent.path)) (`\(parent.path.removingLastComponent())`)" }

    /// Runs the body on a filesystem that nobody has used.
    func with<Value>(_ body: (FilePath) async throws -> Value) async throws -> Value {
        guard hasImage else {
            let directory = try TemporaryDirectory(in: parent.path)
            return try await body(directory.path)
        }
        let mount = parent.file("mount")
        let device = try await Self.run(
            "losetup",
            ["--find", "--show", "--direct-io=on", parent.file("image").string]
        )
        do {
            // All of its tables are written now, none while something is measured.
            try await Self.run(
                "mkfs.ext4",
                ["-q", "-F", "-E", "nodiscard,lazy_itable_init=0,lazy_journal_init=0", "-N", "\(inodes)", device]
            )
            try await Self.run("mount", [device, mount.string])
        } catch {
            _ = try? await Self.run("losetup", ["--detach", device])
            throw error
        }
        // From now on the device goes with its mount, also if this program is ended before it unmounts.
        try await Self.run("losetup", ["--detach", device])
        let outcome: Result<Value, any Error>
        do {
            outcome = .success(try await body(mount))
        } catch {
            outcome = .failure(error)
        }
        try await Self.run("umount", [mount.string])
        return try outcome.get()
    }

    @discardableResult
    private static func run(_ program: String, _ arguments: [String]) async throws -> String {
        let outcome = try await CommandLineTool.run(program, arguments)
        guard outcome.status == 0 else { throw Failed(program: program, text: outcome.errorText) }
        return String(outcome.outputText.split(separator: "\n").first ?? "")
    }

    private struct Failed: Error {
        let program: String
        let text: String
    }
}
