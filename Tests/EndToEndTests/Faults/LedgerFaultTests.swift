import Glibc
import IngestTesting
import SystemPackage
import Testing

/// What the ledger's own file and log may come to while the daemon works, or while it does not.
@Suite(.timeLimit(.minutes(5))) struct LedgerFaultTests {
    private static let settings = "thumbnails: {sizes: []}\nlimits: {minFreeSpace: 0}\n"

    private let directory: TemporaryDirectory
    private var file: FilePath { directory.file("bucket.state/ledger.sqlite") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start() async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: .init(settings: Self.settings))
    }

    private func stop(_ daemon: DaemonProcess) async {
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private func put(_ names: [String], to daemon: DaemonProcess) async throws {
        for name in names {
            let reply = try await daemon.request("PUT", "/files/\(name)", body: Array("content of \(name)".utf8))
            #expect([201, 204].contains(reply.status), "\(name): \(reply.text)")
        }
    }

    private static func names(_ count: Int, _ prefix: String = "f") -> [String] {
        (0..<count).map { "\(prefix)\($0)" }
    }

    /// A backup, or an administrator's query that takes its time.
    @Test func aReaderStopsNobody() async throws {
        let daemon = try await start()
        try await put(["before"], to: daemon)
        let reader = try LedgerFile(file)
        try reader.execute("BEGIN")
        #expect(try reader.number("SELECT count(*) FROM files") == 1)
        try await put(Self.names(100), to: daemon)
        #expect(try await daemon.request("DELETE", "/files/before").status == 204)
        #expect(try reader.number("SELECT count(*) FROM files") == 1)
        try reader.execute("COMMIT")
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        await stop(daemon)
        #expect(try LedgerFile(file).number("SELECT count(*) FROM files WHERE state = 'published'") == 100)
    }

    /// Two waits of five seconds each; then it is as if nothing had been.
    @Test func aLockThatOthersHoldIsToldAndPasses() async throws {
        let daemon = try await start()
        try await put(["before"], to: daemon)
        try await daemon.settleJobs()
        let other = try LedgerFile(file)
        try other.execute("BEGIN IMMEDIATE")
        for name in ["a", "before"] {
            let reply = try await daemon.request("PUT", "/files/\(name)", body: [1])
            #expect(reply.status == 503, "\(reply.text)")
            #expect(reply.text.contains("/problems/busy") && reply["Retry-After"] != nil, "\(reply)")
        }
        #expect(try await daemon.request("GET", "/files/before").text == "content of before")
        #expect(try await daemon.request("GET", "/healthz").status == 200)
        #expect(directory.names(in: "bucket") == ["before"])
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        try other.execute("ROLLBACK")
        try await put(["a", "before"], to: daemon)
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        await stop(daemon)
    }

    /// What was acknowledged is in the log, which goes on growing until there is space for a checkpoint.
    @Test(.requires(.root, .command("strace")))
    func aCheckpointWithoutSpaceCostsNothing() async throws {
        let daemon = try await start()
        let trace = directory.file("trace")
        let fault = try await SystemCallFault.attach(
            to: daemon,
            "pwrite64",
            "error=ENOSPC",
            path: file,
            output: trace
        )
        defer { fault.terminate() }
        var count = 0
        while try !String(decoding: directory.read("trace"), as: UTF8.self).contains("(INJECTED)"), count < 2000 {
            let names = Self.names(100, "d\(count)/f")
            let form = FormBody(files: names.map { ($0, Array($0.utf8)) })
            let reply = try await daemon.request(
                "POST",
                "/files",
                headers: [("Content-Type", form.contentType)],
                body: form.bytes
            )
            #expect(reply.status == 201, "\(reply.text)")
            count += 100
        }
        #expect(count < 2000, "no checkpoint was tried")
        #expect(try await daemon.request("GET", "/healthz").status == 200)
        daemon.kill()
        await daemon.waitForExit()
        await fault.end()
        let next = try await daemon.restart()
        #expect(try await AnswerAudit(daemon: next).run().isEmpty)
        #expect(directory.names(in: "bucket").count == count)
        await stop(next)
    }

    @Test func aNewerLedgerIsRefusedNamingBothVersions() async throws {
        await stop(try await start())
        let ledger = try LedgerFile(file)
        let known = try #require(try ledger.number("PRAGMA user_version"))
        try ledger.execute("PRAGMA user_version = 4711")
        let refused = try await DaemonProcess.launch(in: directory)
        #expect(await refused.waitForExit() == 1)
        #expect(refused.output.contains("version 4711") && refused.output.contains("up to \(known)"))
    }

    @Test func aLogWhoseLedgerIsGoneIsNotThrownAway() async throws {
        let daemon = try await start()
        try await put(["a"], to: daemon)
        daemon.kill()
        await daemon.waitForExit()
        unlink(file.string)
        let log = try directory.read("bucket.state/ledger.sqlite-wal")
        let refused = try await DaemonProcess.launch(in: directory)
        #expect(await refused.waitForExit() == 1)
        #expect(refused.output.contains("bucketd check --repair"), "\(refused.output)")
        #expect(refused.output.contains(file.string))
        #expect(try directory.read("bucket.state/ledger.sqlite-wal") == log)
    }

    // MARK: Damage

    private func damage(page: Int, of size: Int, keeping prefix: Int = 0) throws {
        let ledger = try FileDescriptor.open(file, .readWrite)
        try ledger.closeAfter {
            let garbage = [UInt8](repeating: 0xA5, count: size - prefix)
            _ = try ledger.writeAll(toAbsoluteOffset: Int64((page - 1) * size + prefix), garbage)
        }
    }

    @Test func aLedgerWithoutHeaderIsRefused() async throws {
        let daemon = try await start()
        try await put(["a"], to: daemon)
        await stop(daemon)
        try damage(page: 1, of: 100)
        let before = try directory.read("bucket.state/ledger.sqlite")
        let refused = try await DaemonProcess.launch(in: directory)
        #expect(await refused.waitForExit() == 1)
        #expect(refused.output.contains("bucketd check --repair"), "\(refused.output)")
        #expect(refused.output.contains(file.string))
        #expect(try directory.read("bucket.state/ledger.sqlite") == before)
        #expect(try directory.read("bucket/a") == Array("content of a".utf8))
    }

    /// Damage in the middle is found by reading all of it, at the latest; from then on nothing is acknowledged.
    @Test(arguments: ["files", "jobs", "files_name", "files_generation", "jobs_state", "events"])
    func aDamagedPageEndsWriting(_ name: String) async throws {
        let daemon = try await start()
        try await put(Self.names(200), to: daemon)
        try await daemon.settleJobs()
        await stop(daemon)
        let ledger = try LedgerFile(file)
        let page = try #require(try ledger.number("SELECT rootpage FROM sqlite_schema WHERE name = '\(name)'"))
        let size = try #require(try ledger.number("PRAGMA page_size"))
        try damage(page: page, of: size)

        let process = try await DaemonProcess.launch(in: directory, options: .init(settings: Self.settings))
        guard let address = await DaemonProcess.address(of: process) else {
            #expect(await process.waitForExit() == 1)
            #expect(process.output.contains("bucketd check --repair"), "\(process.output)")
            return
        }
        // Other lines may say so before it.
        let line = try #require(await process.line(containing: "the ledger is damaged: stop the daemon"))
        #expect(line.contains(file.string), "\(line)")
        let health = try await LoopbackClient.request("GET", "/healthz", to: address)
        #expect(health.status == 503 && health.text.contains("bucketd check --repair"), "\(health.text)")
        for (method, target) in [("PUT", "/files/new"), ("PUT", "/files/f1"), ("DELETE", "/files/f2")] {
            let reply = try await LoopbackClient.request(method, target, to: address, body: [1])
            #expect([500, 503].contains(reply.status), "\(method) \(target): \(reply.status)")
        }
        let read = try await LoopbackClient.request("GET", "/files/f1", to: address)
        #expect(read.status == 500 || read.text == "content of f1", "\(read)")
        #expect(directory.names(in: "bucket").count == 200)
        process.kill()
        await process.waitForExit()
    }
}
