import IngestTesting
import SystemPackage

/// A filesystem that disks of these tests hold.
enum DiskFilesystem: String, CaseIterable, Sendable {
    case ext4
    case xfs

    /// mkfs.xfs(8) makes none below 300 MiB.
    private static let size = "300M"

    /// Makes a sparse image that holds it, empty.
    func makeImage(at path: FilePath) async throws {
        try await Self.run("truncate", ["-s", Self.size, path.string])
        // In blocks of 1 KiB, its choice for a small disk, ext4 does not survive its superblock torn in two sectors; a larger
        // block has it whole in its first half.
        let options = self == .ext4 ? ["-b", "4096"] : []
        try await Self.run("mkfs.\(rawValue)", ["-q"] + options + [path.string])
    }

    /// As the system does it for a disk that was not unmounted: the journal is replayed.
    func mount(_ image: FilePath, on directory: FilePath) async throws {
        // Of a disk and its copy, xfs mounts only one else; ext4 goes on after an error, as it does by default.
        let options = self == .xfs ? "loop,nouuid" : "loop,errors=continue"
        try await Self.run("mount", ["-t", rawValue, "-o", options, image.string, directory.string])
    }

    static func run(_ program: String, _ arguments: [String]) async throws {
        let outcome = try await CommandLineTool.run(program, arguments)
        guard outcome.status == 0 else {
            throw DiskError("\(program) \(arguments): status \(outcome.status), \(outcome.errorText)")
        }
    }
}

/// Why there is no disk to test with.
struct DiskError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
