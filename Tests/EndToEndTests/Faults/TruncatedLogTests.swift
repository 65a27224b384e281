import Glibc
import IngestTesting
import SystemPackage
import Testing

/// A ledger's log that ends early: what it held is lost by nature, and nothing that is told may be wrong for it.
@Suite struct TruncatedLogTests {
    private static let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n")
    // https://www.sqlite.org/fileformat.html#the_write_ahead_log
    private static let logHeader = 32
    private static let frameHeader = 24

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start() async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: Self.options)
    }

    private func put(_ name: String, _ text: String, to daemon: DaemonProcess) async throws {
        let reply = try await daemon.request("PUT", "/files/\(name)", body: Array(text.utf8))
        #expect([201, 204].contains(reply.status), "\(name): \(reply.text)")
    }

    /// Everything that a client may ask for, recorded in a log that no checkpoint has moved.
    private func work() async throws {
        let first = try await start()
        for name in ["kept", "replaced", "removed"] {
            try await put(name, "first \(name)", to: first)
        }
        try await first.settleJobs()
        first.terminate()
        #expect(await first.waitForExit() == 0)
        let daemon = try await start()
        try await put("new", "new", to: daemon)
        try await put("replaced", "second", to: daemon)
        #expect(try await daemon.request("DELETE", "/files/removed").status == 204)
        let form = FormBody(files: [("form1", [1]), ("form2", [2])])
        let reply = try await daemon.request(
            "POST",
            "/files/d/",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(reply.status == 201)
        try await put("replaced", "third", to: daemon)
        try await put("removed", "came again", to: daemon)
        try await daemon.settleJobs()
        daemon.kill()
        await daemon.waitForExit()
    }

    /// Places to cut at: between frames and within them, and whether what is before is a whole transaction.
    private func cuts(of log: [UInt8]) -> [Int] {
        let page = log[8..<12].reduce(0) { $0 << 8 | Int($1) }
        let frame = Self.frameHeader + page
        var cuts = [0, 16, Self.logHeader]
        for start in stride(from: Self.logHeader, to: log.count - frame + 1, by: frame) {
            let isCommit = log[(start + 4)..<(start + 8)].contains { $0 != 0 }
            cuts.append(start + (isCommit ? frame - 7 : frame / 2))
            cuts.append(start + frame)
        }
        return cuts
    }

    @Test(.timeLimit(.minutes(30)))
    func nothingWrongIsToldWhereverTheLogEnds() async throws {
        try await work()
        let ledger = try directory.read("bucket.state/ledger.sqlite")
        let log = try directory.read("bucket.state/ledger.sqlite-wal")
        let names = directory.names(in: "bucket")
        let all = cuts(of: log)
        #expect(all.count > 40)
        for cut in FaultScale.current.some(of: all, about: 16) {
            try directory.write(ledger, to: "bucket.state/ledger.sqlite")
            try directory.write(log[..<cut], to: "bucket.state/ledger.sqlite-wal")
            unlink(directory.file("bucket.state/ledger.sqlite-shm").string)
            let place = Comment(rawValue: "cut at \(cut) of \(log.count)")
            let daemon = try await start()
            let foreign = try await AnswerAudit(daemon: daemon).run(place)
            #expect(directory.names(in: "bucket") == names, place)
            if !foreign.isEmpty {
                #expect(await daemon.process.line(containing: "files without a record carry") != nil, place)
            }
            try await put("probe", "probe", to: daemon)
            #expect(try await daemon.request("DELETE", "/files/probe").status == 204, place)
            #expect(try await daemon.request("GET", "/healthz").status == 200, place)
            daemon.kill()
            await daemon.waitForExit()
        }
        // What the last of them lost is mended, and the whole log loses nothing.
        try directory.write(ledger, to: "bucket.state/ledger.sqlite")
        try directory.write(log, to: "bucket.state/ledger.sqlite-wal")
        unlink(directory.file("bucket.state/ledger.sqlite-shm").string)
        let daemon = try await start()
        #expect(await daemon.process.line(containing: "recovered") != nil)
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        daemon.kill()
        await daemon.waitForExit()
    }
}
