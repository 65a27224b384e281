import Glibc
import IngestTesting
import SystemPackage
import Testing
import Threading

/// `bucketd backup`, and what its copy is good for.
@Suite(.timeLimit(.minutes(3))) struct BackupTests {
    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n")

    private let directory: TemporaryDirectory
    private var state: FilePath { directory.file("bucket.state") }
    private var copy: FilePath { directory.file("ledger.copy") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ command: String, _ arguments: String...) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool.run(
            Executables.path(of: "bucketd").string,
            [command, "--bucket", directory.file("bucket").string] + arguments
        )
    }

    private func put(_ name: String, to daemon: DaemonProcess) async throws {
        let reply = try await daemon.request("PUT", "/files/\(name)", body: Array("content of \(name)".utf8))
        #expect(reply.status == 201, "\(reply.text)")
    }

    private func put(_ names: [String], to daemon: DaemonProcess) async throws {
        for name in names { try await put(name, to: daemon) }
    }

    /// The ledger is lost with all that came after the copy; the bucket is not.
    private func restore() throws {
        for name in ["ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm"] {
            unlink(state.appending(name).string)
        }
        #expect(rename(copy.string, state.appending("ledger.sqlite").string) == 0)
    }

    private func taggedFiles(of daemon: DaemonProcess, _ names: [String]) async throws -> Set<String> {
        var tagged: Set<String> = []
        for name in names {
            let reply = try await daemon.request("GET", "/files/\(name)")
            #expect(reply.text == "content of \(name)")
            if reply["ETag"]?.hasPrefix("\"") == true { tagged.insert(name) }
        }
        return tagged
    }

    /// Uploads go on while it is made: from before it is begun until it is there.
    ///
    /// What was acknowledged before it is on record afterwards; what came later is, once
    /// the bucket is gone through.
    @Test(arguments: [false, true]) func aCopyMadeUnderLoadIsAWholeLedger(isRepaired: Bool) async throws {
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        let before = (0..<40).map { "before-\($0)" }
        try await put(before, to: daemon)
        let (isMade, acknowledged) = (Locked(false), Locked<[String]>([]))
        let load = Task {
            while !isMade.withLock({ $0 }) {
                let name = "meanwhile-\(acknowledged.withLock { $0.count })"
                try await put(name, to: daemon)
                acknowledged.withLock { $0.append(name) }
            }
        }
        while acknowledged.withLock({ $0.isEmpty }) { await Task.yield() }
        let begun = acknowledged.withLock { $0.count }
        let made = try await run("backup", copy.string)
        #expect(acknowledged.withLock { $0.count } > begun, "no upload met the copy")
        isMade.withLock { $0 = true }
        try await load.value
        let meanwhile = acknowledged.withLock { $0 }
        #expect(made.status == 0, "\(made.errorText)")
        #expect(made.outputText.contains("copied to \(copy)"))
        daemon.kill()
        await daemon.waitForExit()
        try restore()
        if isRepaired {
            let repaired = try await run("check", "--repair")
            #expect(repaired.status == 0, "\(repaired.outputText)")
        }
        let restored = try await daemon.restart()
        let tagged = try await taggedFiles(of: restored, before + meanwhile)
        #expect(tagged.isSuperset(of: isRepaired ? before + meanwhile : before))
        try await put("after", to: restored)
        restored.terminate()
        #expect(await restored.waitForExit() == 0)
    }

    /// The copy knows what it replaced, which is not there any more.
    @Test func whatReplacedAFileAfterTheCopyIsRecordedAgain() async throws {
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        #expect(try await daemon.request("PUT", "/files/replaced", body: [1]).status == 201)
        try await put("kept", to: daemon)
        #expect(try await run("backup", copy.string).status == 0)
        let replaced = try await daemon.request("PUT", "/files/replaced", body: Array("content of replaced".utf8))
        #expect(replaced.status == 204)
        daemon.kill()
        await daemon.waitForExit()
        try restore()
        let repaired = try await run("check", "--repair")
        #expect(repaired.status == 0, "\(repaired.outputText)")
        #expect(repaired.outputText.contains("files on record: 1"), "\(repaired.outputText)")
        #expect(repaired.outputText.contains("files recorded again: 1, "), "\(repaired.outputText)")
        let restored = try await daemon.restart()
        #expect(try await taggedFiles(of: restored, ["replaced", "kept"]) == ["replaced", "kept"])
        restored.terminate()
        #expect(await restored.waitForExit() == 0)
    }

    @Test(arguments: [SIGTERM, SIGINT]) func aCopyThatIsStoppedLeavesNothing(signal: Int32) async throws {
        try directory.makeDirectory("bucket.state")
        try directory.makeDirectory("copies")
        // To open it waits for somebody who writes, for ever.
        try #require(mkfifo(state.appending("ledger.sqlite").string, 0o600) == 0)
        let arguments = ["backup", "--bucket", directory.file("bucket").string, directory.file("copies/ledger").string]
        let backup = try await ChildProcess.start(Executables.path(of: "bucketd"), arguments)
        while directory.names(in: "copies").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        backup.signal(signal)
        #expect(await backup.waitForExit() == 1)
        #expect(backup.output.contains("no copy: stopped by SIG"), "\(backup.output)")
        #expect(directory.names(in: "copies").isEmpty)
    }

    @Test func nothingIsOverwrittenAndWhatFailsSaysWhy() async throws {
        try directory.makeDirectory("bucket")
        let missing = try await run("backup", copy.string)
        #expect(missing.status == 1)
        #expect(missing.errorText.contains("no copy: There is no ledger."), "\(missing.errorText)")
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        try await put("a", to: daemon)
        #expect(try await run("backup", copy.string).status == 0)
        let bytes = try directory.read("ledger.copy")
        let again = try await run("backup", copy.string)
        #expect(again.status == 1)
        #expect(again.errorText.contains("nothing is overwritten"), "\(again.errorText)")
        #expect(try directory.read("ledger.copy") == bytes)
        #expect(!directory.names().contains { $0.hasPrefix(".") })
        let relative = try await run("backup", "--log-level", "nonsense", "x")
        #expect(relative.status == 2)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
