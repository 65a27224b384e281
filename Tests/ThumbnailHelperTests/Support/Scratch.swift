import Glibc
import IngestTesting
import Subprocess
import SystemPackage
import Testing

/// A directory of one test's own, with images made by real encoders; gone with the value.
final class Scratch: Sendable {
    private let tree: TemporaryDirectory
    var directory: FilePath { tree.path }

    init() throws {
        tree = try TemporaryDirectory()
    }

    /// Runs the `vips` program, which speaks to each format's own encoder.
    func vips(_ arguments: String...) async throws {
        let result = try await run(
            .name("vips"),
            arguments: Arguments(arguments),
            workingDirectory: directory,
            output: .discarded,
            error: .string(limit: 4096)
        )
        try #require(result.terminationStatus.isSuccess, "vips \(arguments): \(result.standardError)")
    }

    /// Encodes `raster` to a file `name`, which may carry options in brackets ("a.png[interlace]").
    @discardableResult
    func encode(_ raster: Raster, as name: String) async throws -> FilePath {
        try write(raster.ppm, to: "\(name.prefix { $0 != "[" }).ppm")
        try await vips("copy", "\(name.prefix { $0 != "[" }).ppm", name)
        return directory.appending(String(name.prefix { $0 != "[" }))
    }

    /// Encodes grey noise, which nothing compresses: decoding it takes its time.
    func encodeNoise(_ width: Int, _ height: Int, as name: String) async throws -> FilePath {
        try await vips("gaussnoise", name, "\(width)", "\(height)", "--mean", "128", "--sigma", "60")
        return directory.appending(String(name.prefix { $0 != "[" }))
    }

    @discardableResult
    func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
        let path = directory.appending(name)
        let file = try FileDescriptor.open(
            path,
            .writeOnly,
            options: [.create, .truncate],
            permissions: .ownerReadWrite
        )
        try file.closeAfter { _ = try file.writeAll(bytes) }
        return path
    }

    func read(_ path: FilePath) throws -> [UInt8] {
        let file = try FileDescriptor.open(path, .readOnly)
        return try file.closeAfter { try file.contents() }
    }

    func lines(of name: String) throws -> [String] {
        String(decoding: try read(directory.appending(name)), as: UTF8.self).split(separator: "\n").map { String($0) }
    }

    func remove(_ name: String) throws {
        guard unlink(directory.appending(name).string) == 0 else { throw Errno(rawValue: errno) }
    }

    /// Decodes a thumbnail to look at it.
    func pixels(of thumbnail: [UInt8], name: String = "seen") async throws -> Raster {
        try write(thumbnail, to: name)
        try await vips("copy", name, "\(name).ppm")
        return try #require(Raster(ppm: try read(directory.appending("\(name).ppm"))))
    }
}

extension FileDescriptor {
    /// Everything from the beginning; the offset stays.
    func contents() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try piece.withUnsafeMutableBytes { try read(fromAbsoluteOffset: Int64(bytes.count), into: $0) }
            guard count > 0 else { return bytes }
            bytes += piece[..<count]
        }
    }
}
