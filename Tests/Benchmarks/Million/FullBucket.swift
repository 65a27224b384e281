import CLinux
import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Threading

/// A bucket with a million files, a thousand in each directory: how soon its daemon takes connections, and how it lists.
struct FullBucket {
    private static let thread = BlockingThreads(name: "bucket-filler", count: 1)
    private static let filesPerDirectory = 1000

    let rounds: Int
    let scale: Double
    let count: Int

    func run(_ cases: [Benchmarks.Case]) async throws {
        let disk = try await FreshFilesystem(
            mebibytes: 1024 + count / 300,
            inodes: count * 11 / 10 + 10_000
        )
        try await disk.with { place in
            let directory = try TemporaryDirectory(in: place)
            try await fill(directory)
            if cases.contains(.startUp) { try await StartUp(rounds: rounds).run(directory, files: count) }
            if cases.contains(.listing) { try await Listing(rounds: rounds, scale: scale).run(directory, files: count) }
        }
    }

    /// `path` of the file with this number; in the order of the listing.
    static func path(_ number: Int) -> String {
        func padded(_ value: Int, _ digits: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, digits - text.count)) + text
        }
        return "d" + padded(number / filesPerDirectory, 4) + "/f" + padded(number, 7) + ".bin"
    }

    private func fill(_ directory: TemporaryDirectory) async throws {
        try directory.makeDirectory("bucket")
        try directory.makeDirectory("bucket.state")
        let clock = ContinuousClock()
        let start = clock.now
        let files = try await Self.thread.run { [count] in try Self.makeFiles(in: directory.file("bucket"), count) }
        try await LedgerFilling(directory: directory.file("bucket.state")).fill(files)
        Progress.say("\(count) files and rows made in \(decimal(seconds(clock.now - start))) s")
    }

    private static func makeFiles(in bucket: FilePath, _ count: Int) throws -> [(path: String, identity: FileIdentity)]
    {
        let root = open(bucket.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard root >= 0 else { throw Errno(rawValue: errno) }
        defer { close(root) }
        var files: [(path: String, identity: FileIdentity)] = []
        files.reserveCapacity(count)
        for number in 0..<count {
            let path = path(number)
            if number % filesPerDirectory == 0 { mkdirat(root, String(path.prefix { $0 != "/" }), 0o770) }
            let descriptor = clinux_open_at(root, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
            guard descriptor >= 0 else { throw Errno(rawValue: errno) }
            defer { close(descriptor) }
            var found = clinux_identity()
            guard clinux_identity_of(descriptor, &found) == 0 else { throw Errno(rawValue: errno) }
            let identity = FileIdentity(
                inode: found.inode,
                birthTime: found.birth_time,
                size: Int64(found.size),
                modificationTime: found.modification_time
            )
            files.append((path, identity))
        }
        return files
    }
}
