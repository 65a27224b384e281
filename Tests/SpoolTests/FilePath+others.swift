import Glibc
import Ingest
import Spool
import SystemPackage
import Testing

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
