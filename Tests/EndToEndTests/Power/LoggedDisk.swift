import Glibc
import IngestTesting
import SystemPackage

/// A disk that logs what is written to it and can fail, served by `bucketd-block-log`.
///
/// It ends with the last reference; until then it must not be mounted any more.
final class LoggedDisk: Sendable {
    let filesystem: DiskFilesystem
    private let files: TemporaryDirectory
    private let server: ChildProcess

    /// The image as it was before the log began.
    var origin: FilePath { files.file("origin") }
    var logFile: FilePath { files.file("log") }
    /// What a loop device is made of.
    var device: FilePath { files.file("served/disk") }

    init(_ filesystem: DiskFilesystem) async throws {
        self.filesystem = filesystem
        files = try TemporaryDirectory()
        try files.makeDirectory("served")
        try await filesystem.makeImage(at: files.file("origin"))
        try await DiskFilesystem.run("cp", ["--sparse=always", files.file("origin").string, files.file("disk").string])
        server = try await ChildProcess.start(
            Executables.path(of: "bucketd-block-log"),
            [files.file("disk").string, files.file("log").string, files.file("served").string]
        )
        guard await server.line(containing: "serving") != nil else { throw DiskError(server.output) }
    }

    deinit {
        // Whether the server ends by itself or not: what it served goes.
        umount2(files.file("served").string, Int32(MNT_DETACH))
        server.terminate()
    }

    /// How much of the log there is: whatever the disk has answered so far lies before.
    func position() throws -> Int64 {
        var status = stat()
        guard stat(logFile.string, &status) == 0 else { throw Errno(rawValue: errno) }
        return Int64(status.st_size)
    }

    /// Of the flushes from now on, lets `skipped` succeed and fails the next one.
    func failFlush(after skipped: Int) throws {
        try files.write("fail \(skipped) 1".utf8, to: "served/control")
    }

    /// No flush fails any more.
    func heal() throws {
        try files.write("fail 0 0".utf8, to: "served/control")
    }

    /// Whether the flush that was to fail has done so.
    func hasFailed() throws -> Bool {
        let words = String(decoding: try files.read("served/control"), as: UTF8.self).split { $0 == " " || $0 == "\n" }
        guard words.count == 2 else { throw DiskError("the disk's state cannot be read") }
        return words[1] != "0"
    }
}
