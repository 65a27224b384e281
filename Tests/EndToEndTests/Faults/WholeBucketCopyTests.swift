import Glibc
import IngestTesting
import SystemPackage
import Testing

/// A bucket that was copied or restored whole: other inodes, the same files.
@Suite(.timeLimit(.minutes(3))) struct WholeBucketCopyTests {
    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n")

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    enum End: CaseIterable {
        case stopped
        case killed
    }

    /// A daemon that has uploaded and ended; the files it left.
    private func fillBucket(_ end: End) async throws -> [String: [UInt8]] {
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        var files: [String: [UInt8]] = [:]
        for number in 0..<40 {
            let name = number % 2 == 0 ? "f\(number)" : "d\(number % 5)/deep/f\(number)"
            files[name] = Content(seed: UInt64(number), size: number * 500).bytes
            #expect(try await daemon.request("PUT", "/files/\(name)", body: files[name]).status == 201)
        }
        try await daemon.settleJobs()
        end == .stopped ? daemon.terminate() : daemon.kill()
        await daemon.waitForExit()
        return files
    }

    private func run(_ program: String, _ arguments: String...) async throws {
        let outcome = try await CommandLineTool.run(program, arguments)
        try #require(outcome.status == 0, "\(program) \(arguments): \(outcome.errorText)")
    }

    /// Every record is the file's again, nobody was alarmed, and clients may do with the files what they could before.
    private func expectRenewed(in directory: TemporaryDirectory, _ files: [String: [UInt8]]) async throws {
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        // A checksum job waits until its file is known to be a copy.
        let asked = try await daemon.request(
            "POST",
            "/run-tasks",
            headers: [("Content-Type", "application/json")],
            body: Array(#"{"tasks": ["checksum"], "prefix": ""}"#.utf8)
        )
        #expect(asked.status == 202, "\(asked.text)")
        try await daemon.settleJobs()
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        for file in try await daemon.settledFiles() {
            #expect(file.sha256 == files[file.filename].map(AnswerAudit.digest), "\(file)")
            #expect(file.jobs.allSatisfy { $0.state == "done" && $0.attempt == 1 }, "\(file)")
            #expect(file.jobs.last?.result == "verified", "\(file)")
            let reply = try await daemon.request("GET", "/files/\(file.filename)")
            #expect(reply["ETag"]?.hasPrefix("\"") == true, "\(file.filename)")
        }
        #expect(try await daemon.request("PUT", "/files/f0", body: [1]).status == 204)
        #expect(try await daemon.request("DELETE", "/files/d1/deep/f1").status == 204)
        let alarms = daemon.output.split(separator: "\n").filter { line in
            [" warning ", " error ", " critical "].contains { line.contains($0) }
        }
        #expect(alarms.isEmpty, "\(alarms)")
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        let ledger = try LedgerFile(directory.file("bucket.state/ledger.sqlite"))
        #expect(try ledger.number("SELECT count(*) FROM files WHERE state = 'gone'") == 0)
        #expect(try ledger.number("SELECT count(*) FROM files WHERE state = 'published'") == files.count - 1)
    }

    /// `cp -a` keeps the checksum attributes; rsync does only when it is asked to.
    @Test(.requires(.root), arguments: ["mode,ownership,timestamps,xattr", "mode,timestamps"], End.allCases)
    func aCopyOnAnotherFilesystemIsTheSameBucket(preserved: String, _ end: End) async throws {
        let files = try await fillBucket(end)
        let other = try await SmallFilesystem(options: "size=64m")
        for name in ["bucket", "bucket.state"] {
            try await run(
                "cp",
                "-r",
                "--preserve=\(preserved)",
                directory.file(name).string,
                other.directory.file(name).string
            )
        }
        try await expectRenewed(in: other.directory, files)
    }

    @Test func filesRestoredOverAKeptLedgerAreTheOnesOnRecord() async throws {
        let files = try await fillBucket(.stopped)
        let (bucket, backup) = (directory.file("bucket").string, directory.file("backup").string)
        try await run("cp", "-a", bucket, backup)
        try await run("rm", "-r", bucket)
        try await run("cp", "-a", backup, bucket)
        try await run("rm", "-r", backup)
        try await expectRenewed(in: directory, files)
    }
}
