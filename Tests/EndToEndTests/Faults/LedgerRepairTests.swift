import Glibc
import IngestTesting
import SystemPackage
import Testing

/// `bucketd check --repair`, which records a bucket's uploads again.
@Suite(.timeLimit(.minutes(5))) struct LedgerRepairTests {
    private static let settings = "thumbnails: {sizes: []}\n"

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

    private func check(_ arguments: String...) async throws -> CommandLineTool.Outcome {
        try directory.write(Self.settings.utf8, to: "bucketd.yaml")
        return try await CommandLineTool.run(
            Executables.path(of: "bucketd").string,
            ["check", "--bucket", directory.file("bucket").string, "--config", directory.file("bucketd.yaml").string]
                + arguments
        )
    }

    /// Uploads of every kind, and what others did to the bucket; the contents of what is still an upload.
    private func fillBucket() async throws -> [String: [UInt8]] {
        let daemon = try await start()
        var ours: [String: [UInt8]] = [:]
        for number in 0..<300 {
            let name = number % 3 == 0 ? "d\(number % 7)/deep/f\(number)" : "f\(number)"
            ours[name] = Array("upload \(number)".utf8)
        }
        for name in ["ä ö.txt", "a b/c#d?.txt", "100%", "empty"] {
            ours[name] = name == "empty" ? [] : Array(name.utf8)
        }
        for (name, bytes) in ours {
            let reply = try await daemon.request("PUT", "/files/\(name.percentEncoded)", body: bytes)
            #expect(reply.status == 201, "\(name): \(reply.text)")
        }
        ours["f1"] = Array("replaced".utf8)
        #expect(try await daemon.request("PUT", "/files/f1", body: ours["f1"]).status == 204)
        ours["f2"] = nil
        #expect(try await daemon.request("DELETE", "/files/f2").status == 204)
        try await daemon.settleJobs()
        await stop(daemon)
        try directory.write("foreign".utf8, to: "bucket/foreign")
        let changed = try FileDescriptor.open(directory.file("bucket/f4"), .writeOnly, options: .append)
        try changed.closeAfter { _ = try changed.writeAll("!".utf8) }
        ours["f4"] = nil
        try directory.write([1], to: "bucket.state/spool/leftover")
        return ours
    }

    enum Loss: String, CaseIterable {
        case ledgerRemoved
        case ledgerRemovedBesideItsLog
        case headerDamaged
        case tableDamaged
    }

    private func lose(_ loss: Loss) throws {
        switch loss {
        case .ledgerRemoved:
            #expect(unlink(file.string) == 0)
        case .ledgerRemovedBesideItsLog:
            #expect(unlink(file.string) == 0)
            try directory.write([UInt8](repeating: 1, count: 5000), to: "bucket.state/ledger.sqlite-wal")
        case .headerDamaged:
            try overwrite(at: 0, count: 64)
        case .tableDamaged:
            let page = try LedgerFile(file).number("SELECT rootpage FROM sqlite_schema WHERE name = 'files'")
            try overwrite(at: Int64((try #require(page) - 1) * 4096), count: 4096)
        }
    }

    private func overwrite(at offset: Int64, count: Int) throws {
        let ledger = try FileDescriptor.open(file, .readWrite)
        try ledger.closeAfter {
            _ = try ledger.writeAll(toAbsoluteOffset: offset, [UInt8](repeating: 0xA5, count: count))
        }
    }

    @Test(arguments: Loss.allCases)
    func aLostLedgerIsMadeAgainFromTheBucket(_ loss: Loss) async throws {
        let ours = try await fillBucket()
        let whole = try await check()
        #expect(whole.status == 0 && whole.outputText.contains("whole, version"), "\(whole.outputText)")
        try lose(loss)

        let told = try await check()
        #expect(told.status == (loss == .ledgerRemoved ? 0 : 2), "\(told.outputText)")
        #expect(told.outputText.contains("check --repair"), "\(told.outputText)")

        let repaired = try await check("--repair")
        #expect(repaired.status == 0, "\(repaired.outputText)\(repaired.errorText)")
        for text in [
            "recorded again: \(ours.count),", "served and never touched: 1\n", "now foreign: 1 (f4)", "1 (leftover)",
            "not to be known any more", "quotas of tokens begin at 0", "tickets (none", "whole, version",
        ] {
            #expect(repaired.outputText.contains(text), "\(text) in \(repaired.outputText)")
        }
        let kept = directory.names(in: "bucket.state").filter { $0.hasPrefix("ledger.sqlite.damaged-") }
        #expect(kept.isEmpty == (loss == .ledgerRemoved), "\(kept)")

        let daemon = try await start()
        #expect(try await AnswerAudit(daemon: daemon).run() == ["foreign", "f4"])
        try await auditFiles(daemon, ours)
        await stop(daemon)

        let again = try await check("--repair")
        #expect(again.status == 0, "\(again.outputText)")
        #expect(again.outputText.contains("recorded again: 0,"), "\(again.outputText)")
        #expect(!again.outputText.contains("not to be known"), "\(again.outputText)")
    }

    private func auditFiles(_ daemon: DaemonProcess, _ ours: [String: [UInt8]]) async throws {
        let files = try await daemon.settledFiles()
        for file in files where file.foreign != true {
            #expect(file.sha256 == ours[file.filename].map(AnswerAudit.digest), "\(file.filename)")
            #expect(file.jobs.contains { $0.kind == "checksum" && $0.state == "done" }, "\(file)")
        }
        // A job's number never comes again: a client may still ask for one that it was given before.
        #expect(files.flatMap(\.jobs).allSatisfy { $0.id > 1_000_000_000 })
        #expect(try await daemon.request("PUT", "/files/f1", body: [1]).status == 204)
        #expect(try await daemon.request("DELETE", "/files/d0/deep/f0").status == 204)
        #expect(try await daemon.request("PUT", "/files/f2", body: [1]).status == 201)
        for name in ["foreign", "f4"] {
            #expect(try await daemon.request("PUT", "/files/\(name)", body: [1]).status == 409)
            #expect(try await daemon.request("DELETE", "/files/\(name)").status == 409)
        }
        #expect(!directory.exists("bucket.state/spool/leftover"))
    }

    @Test func nothingIsRepairedUnderADaemon() async throws {
        let daemon = try await start()
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 201)
        let refused = try await check("--repair")
        #expect(refused.status == 2)
        #expect(refused.outputText.contains("Another bucketd"), "\(refused.outputText)")
        await stop(daemon)
    }

    @Test func aNewerLedgerIsNotRepaired() async throws {
        await stop(try await start())
        try LedgerFile(file).execute("PRAGMA user_version = 4711")
        for arguments in [[], ["--repair"]] {
            let refused = try await arguments.isEmpty ? check() : check("--repair")
            #expect(refused.status == 2)
            #expect(refused.outputText.contains("version 4711"), "\(refused.outputText)")
        }
        #expect(try LedgerFile(file).number("PRAGMA user_version") == 4711)
        #expect(directory.names(in: "bucket.state").filter { $0.contains("damaged") }.isEmpty)
    }

    /// What root makes there, the daemon's user could not open.
    @Test(.requires(.root)) func onlyTheOwnerOfTheStateRepairs() async throws {
        await stop(try await start())
        unlink(file.string)
        chown(directory.file("bucket.state").string, 65534, 65534)
        let refused = try await check("--repair")
        #expect(refused.status == 2)
        #expect(refused.outputText.contains("belongs to user 65534"), "\(refused.outputText)")
        #expect(!directory.exists("bucket.state/ledger.sqlite"))
    }

    /// The daemon that met the loss first serves all as foreign, and says what to do; then it is mended as well.
    @Test func aLedgerLostUnnoticedIsToldOfAndMended() async throws {
        let daemon = try await start()
        for name in ["a", "d/b"] {
            #expect(try await daemon.request("PUT", "/files/\(name)", body: Array(name.utf8)).status == 201)
        }
        await stop(daemon)
        unlink(file.string)
        let next = try await start()
        #expect(await next.process.line(containing: "files without a record carry an upload's checksum") != nil)
        #expect(try await AnswerAudit(daemon: next).run() == ["a", "d/b"])
        #expect(try await next.request("PUT", "/files/a", body: [1]).status == 409)
        await stop(next)
        #expect(try await check("--repair").outputText.contains("recorded again: 2,"))
        let last = try await start()
        #expect(try await AnswerAudit(daemon: last).run().isEmpty)
        await stop(last)
    }
}
