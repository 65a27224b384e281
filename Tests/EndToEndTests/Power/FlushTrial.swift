import IngestTesting

/// A daemon on a logged disk, whose flushes fail one by one; after each it is restarted.
struct FlushTrial {
    private static let settings = "collision: replace\nthumbnails: {sizes: []}\n"

    private let disk: LoggedDisk
    private let history = UploadHistory()
    private var mounted: MountedDisk
    private var daemon: DaemonProcess
    private var turn = 0

    struct Outcome: CustomStringConvertible {
        var status: Int
        /// The flush belonged to the request, or to something at its side.
        var hasFailedBeforeAnswer: Bool
        /// What later requests were answered.
        var later: [Int] = []
        var findings: [String] = []

        var isAcknowledged: Bool { (200..<300).contains(status) }
        var description: String { "\(status) then \(later)" }
    }

    init(on filesystem: DiskFilesystem) async throws {
        disk = try await LoggedDisk(filesystem)
        mounted = try await MountedDisk(disk.device, filesystem)
        daemon = try await Self.start(in: mounted.directory)
        try await client(0).fillLedgerLog()
    }

    /// Of the flushes from the request on, fails one.
    mutating func fail(flush number: Int, of request: FlushFailureTests.Request) async throws -> Outcome {
        turn += 1
        let connection = try await LoopbackClient.connect(to: daemon.address)
        defer { connection.close() }
        if request != .put {
            guard try await client(1).form("form-", by: connection) == 201 else { throw DiskError("refused") }
        }
        // What is done in the background has flushes too.
        try await daemon.settleJobs()
        try await daemon.waitUntilIdle()
        try disk.failFlush(after: number)
        let status =
            switch request {
            case .put: try await client(1).put("new-\(turn)/file", size: 20_000, by: connection)
            case .form: try await client(1).form("new-\(turn)-", by: connection)
            case .replacement: try await client(1).form("form-", by: connection)
            case .removal: try await client(1).remove("form-1", by: connection)
            }
        var outcome = Outcome(status: status, hasFailedBeforeAnswer: try disk.hasFailed())
        if outcome.hasFailedBeforeAnswer && !outcome.isAcknowledged {
            try await checkRefusal(&outcome)
            if number == 0 && request != .removal {
                // What could not be synced never gets its name.
                history.withdraw(1)
            }
        }
        for attempt in 0..<3 {
            outcome.later.append(try await client(2).put("later-\(turn)-\(attempt)", size: 10, by: connection))
            if outcome.later.last != 201 { break }
        }
        try disk.heal()
        try await restart(&outcome)
        return outcome
    }

    /// Health is red, and no success makes it green again.
    private func checkRefusal(_ outcome: inout Outcome) async throws {
        if !(500..<600).contains(outcome.status) { outcome.findings.append("answered \(outcome.status)") }
        for _ in 0..<2 {
            for target in ["/healthz", "/readyz"] {
                let status = try await daemon.request("GET", target).status
                if status != 503 { outcome.findings.append("\(target) says \(status)") }
            }
            let probe = try await daemon.request("PUT", "/files/probe", body: [1])
            if probe.status != 503 { outcome.findings.append("a write after it: \(probe.status) \(probe.text)") }
            let removal = try await daemon.request("DELETE", "/files/c0-own")
            if removal.status != 503 { outcome.findings.append("a removal after it: \(removal.status)") }
        }
        // xfs shuts down when its journal fails: then nothing can be read either.
        let kept = try await daemon.request("GET", "/files/c0-own")
        if kept.status != 200 && !(disk.filesystem == .xfs && kept.status == 500) {
            outcome.findings.append("an earlier file: \(kept.status)")
        }
    }

    /// Audits twice: on the disk as it would be if the failed flush's writes were lost in a power cut, and on itself.
    private mutating func restart(_ outcome: inout Outcome) async throws {
        let promises = history.promises(at: .max)
        let end = try disk.position()
        daemon.kill()
        await daemon.waitForExit()
        try await mounted.unmount()

        var cuts = try await CutDisks(of: disk, upTo: end)
        let cut = try await cuts.mount(after: PowerCut(position: end, cache: .lost, seed: 0))
        let afterCut = try await DiskAudit.run(on: cut.directory, settings: Self.settings, against: promises)
        try await cut.unmount()
        outcome.findings += afterCut.findings.map { "after a power cut: \($0)" }

        mounted = try await MountedDisk(disk.device, disk.filesystem)
        daemon = try await Self.start(in: mounted.directory)
        var afterRestart = DiskAudit()
        try await afterRestart.check(daemon, against: promises)
        outcome.findings += afterRestart.findings.map { "after a restart: \($0)" }
        history.settle(as: try daemon.directory.files(below: "bucket"))
    }

    /// Leaves nothing mounted.
    func end() async throws {
        daemon.kill()
        await daemon.waitForExit()
        try await mounted.unmount()
    }

    private func client(_ number: Int) -> DiskClient {
        DiskClient(number: number, daemon: daemon, disk: disk, history: history)
    }

    private static func start(in directory: TemporaryDirectory) async throws -> DaemonProcess {
        try await DaemonProcess.start(
            in: directory,
            options: DaemonProcess.Options(arguments: ["--log-level", "info"], settings: settings)
        )
    }
}
