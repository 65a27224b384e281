import Digests
import Glibc
import IngestTesting
import SystemPackage
import Testing

@testable import bucketctl

@Suite struct SourceFileTests {
    private let directory: TemporaryDirectory
    private let bytes = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(bytes, to: "file")
    }

    private func open() throws -> SourceFile { try #require(try SourceFile(.file(directory.file("file")))) }

    private var digest: Digest {
        var digest = StreamingDigest(.sha256)
        digest.update(bytes[...])
        return digest.finalize()
    }

    private func read(_ file: SourceFile, from start: Int, to end: Int) throws {
        var position = start
        var buffer = [UInt8](repeating: 0, count: 70_000)
        while position < end {
            let count = try buffer.withUnsafeMutableBytes { buffer in
                try file.read(
                    at: Int64(position),
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<min(buffer.count, end - position)])
                )
            }
            #expect(buffer[..<count].elementsEqual(bytes[position..<(position + count)]))
            position += count
        }
    }

    /// Whatever was read twice or skipped, the digest is that of the file.
    @Test func theDigestIsThatOfTheWholeFile() throws {
        let sent = try open()
        try read(sent, from: 0, to: 200_000)
        try read(sent, from: 100_000, to: 300_000)
        #expect(try sent.wholeDigest() == digest)
        let resumed = try open()
        try resumed.hash(upTo: 123_456)
        try read(resumed, from: 123_456, to: 300_000)
        #expect(try resumed.wholeDigest() == digest)
        let skipped = try open()
        try read(skipped, from: 150_000, to: 300_000)
        #expect(try skipped.wholeDigest() == digest)
        #expect(try open().bytes() == bytes)
    }

    @Test(arguments: ["append", "truncate", "touch", "touch back"])
    func aFileThatChangesIsRefused(change: String) throws {
        let file = try open()
        try read(file, from: 0, to: 100_000)
        let descriptor = try FileDescriptor.open(directory.file("file"), .readWrite, options: .closeOnExec)
        switch change {
        case "append": _ = try descriptor.writeAll(toAbsoluteOffset: 300_000, [1])
        case "touch back":
            // The clock of inodes goes by ticks of the kernel's.
            repeat {
                _ = try descriptor.writeAll(toAbsoluteOffset: 0, [bytes[0]])
                let times = [Self.time(file.identity.modifiedAt), Self.time(file.identity.modifiedAt)]
                try #require(futimens(descriptor.rawValue, times) == 0)
            } while try open().identity == file.identity
            var status = stat()
            try #require(fstat(descriptor.rawValue, &status) == 0)
            #expect(SourceIdentity(status).modifiedAt == file.identity.modifiedAt)
        case "truncate": try #require(ftruncate(descriptor.rawValue, 200_000) == 0)
        default: _ = try descriptor.writeAll(toAbsoluteOffset: 0, [bytes[0]])
        }
        try descriptor.close()
        let error = #expect(throws: ClientError.self) { try file.wholeDigest() }
        #expect(error?.code == .changed)
        let other = #expect(throws: ClientError.self) { try read(file, from: 100_000, to: 300_000) }
        #expect(other?.code == .changed)
    }

    private static func time(_ nanoseconds: Int64) -> timespec {
        timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }

    @Test func onlyRegularFilesAreOpened() throws {
        try #require(mkfifo(directory.file("pipe").string, 0o600) == 0)
        try #require(symlink("file", directory.file("link").string) == 0)
        let folder = try SourceFolder(directory.path)
        #expect(throws: ClientError.self) { try SourceFile(.file(directory.file("pipe"))) }
        #expect(throws: ClientError.self) { try SourceFile(.inner("pipe", of: folder)) }
        #expect(throws: ClientError.self) { try SourceFile(.file(directory.path)) }
        #expect(throws: ClientError.self) { try SourceFile(.inner("link", of: folder)) }
        #expect(try SourceFile(.inner("file", of: folder))?.size == 300_000)
        #expect(try SourceFile(.file(directory.file("link")))?.size == 300_000)
        #expect(try SourceFile(.standardInput) == nil)
    }

    @Test func whatIsUnderWayIsRememberedByFileAndName() throws {
        let environment = ["XDG_STATE_HOME": directory.file("state").string]
        let unfinished = try #require(UnfinishedUploads(environment: environment))
        let identity = try open().identity
        func record(_ identity: SourceIdentity, name: String = "a", isNew: Bool = false) -> UnfinishedUpload? {
            unfinished.record(of: name, on: .standard, identity: identity, isNew: isNew)
        }
        do {
            let first = try #require(record(identity))
            #expect(first.resource == nil && first.stale == nil)
            try first.save("/uploads/long-enough-to-be-cut")
            try first.save("/uploads/1")
            // As long as one process has it, no other does.
            #expect(record(identity) == nil)
            #expect(record(identity, name: "b") != nil)
        }
        #expect(record(identity)?.resource == "/uploads/1")
        var changed = identity
        changed.modifiedAt += 1
        #expect(record(changed)?.resource == nil)
        #expect(record(changed)?.stale == "/uploads/1")
        #expect(record(identity, isNew: true)?.stale == "/uploads/1")
        // Records once had no time of the inode.
        let kept = try directory.names(in: "state/bucketctl").first { name in
            try !directory.read("state/bucketctl/" + name).isEmpty
        }
        let name = try #require(kept)
        let text = String(decoding: try directory.read("state/bucketctl/" + name), as: UTF8.self)
        let old = text.replacing(/"changedAt":[0-9]+,?/, with: "").replacing(",}", with: "}")
        try #require(old != text)
        try directory.write(old.utf8, to: "state/bucketctl/" + name)
        #expect(record(identity)?.resource == nil)
        #expect(record(identity)?.stale == "/uploads/1")
        #expect(record(identity)?.isEmpty == false)
        #expect(record(identity, name: "b")?.isEmpty == true)
        try record(identity)?.save("/uploads/2")
        record(identity)?.remove()
        #expect(directory.names(in: "state/bucketctl").count == 1)
        try directory.write("{\"key\": {".utf8, to: "state/bucketctl/" + directory.names(in: "state/bucketctl")[0])
        let damaged = try #require(record(identity, name: "b"))
        #expect(damaged.resource == nil && damaged.stale == nil)
    }
}
