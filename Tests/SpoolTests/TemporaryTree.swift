import Glibc
import Ingest
import Spool
import SystemPackage
import Testing

/// A directory of a test's own, removed with this object.
final class TemporaryTree: Sendable {
    let path: FilePath
    private static let calls = LinuxFileCalls()

    init(in parent: FilePath = "/tmp") throws {
        var template = Array("\(parent)/spool-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = FilePath(platformString: template)
    }

    deinit {
        Self.remove(path)
    }

    private static func remove(_ path: FilePath) {
        guard let status = try? calls.status(of: path, in: workingDirectory) else { return }
        guard status.isDirectory else {
            try? calls.unlink(path, in: workingDirectory)
            return
        }
        if let directory = try? calls.open(path, in: workingDirectory, .directory) {
            for name in (try? calls.entries(of: directory)) ?? [] {
                remove(path.pushing(name))
            }
            try? calls.close(directory)
        }
        try? calls.removeDirectory(path, in: workingDirectory)
    }
}

let workingDirectory = FileDescriptor(rawValue: AT_FDCWD)

/// What other programs do to bucket and state.
extension FilePath {
    func makeDirectory() throws {
        try LinuxFileCalls().makeDirectory(self, in: workingDirectory, mode: 0o755)
    }

    func write(_ text: String) throws {
        let file = try FileDescriptor.open(
            self,
            .writeOnly,
            options: [.create, .truncate],
            permissions: [.ownerReadWrite]
        )
        try file.closeAfter { _ = try file.writeAll(text.utf8) }
    }

    func read() throws -> String {
        let file = try FileDescriptor.open(self, .readOnly, options: [.noFollow])
        return try file.closeAfter { try contents(of: file) }
    }

    func move(to other: FilePath) throws {
        try LinuxFileCalls().rename(self, in: workingDirectory, to: other, in: workingDirectory)
    }

    func remove() throws {
        try LinuxFileCalls().unlink(self, in: workingDirectory)
    }

    func link(to target: String) throws {
        try #require(withPlatformString { symlink(target, $0) } == 0)
    }

    func status() throws(Errno) -> FileStatus {
        try LinuxFileCalls().status(of: self, in: workingDirectory)
    }

    var exists: Bool { (try? status()) != nil }

    /// Names, sorted.
    func entries() throws -> [String] {
        let directory = try LinuxFileCalls().open(self, in: workingDirectory, .directory)
        return try directory.closeAfter { try LinuxFileCalls().entries(of: directory).map(\.string).sorted() }
    }
}

func contents(of file: FileDescriptor) throws -> String {
    var text: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = try piece.withUnsafeMutableBytes { try file.read(fromAbsoluteOffset: Int64(text.count), into: $0) }
        guard count > 0 else { return String(decoding: text, as: UTF8.self) }
        text += piece.prefix(count)
    }
}
