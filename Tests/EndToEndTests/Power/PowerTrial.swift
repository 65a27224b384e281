import IngestTesting

/// One run of clients on a logged disk, and the cuts of it.
struct PowerTrial {
    static let clients = 4
    private static let waves = 4

    private let name: String
    private let settings: String
    private let disk: LoggedDisk
    private let history = UploadHistory()
    private let offsets = OffsetHistory()
    let requests: Int
    /// The log's size before the first request.
    private let started: Int64
    /// And each time when all jobs were done: a sync that was left out is made up for by the next one of anything, as
    /// long as there is one.
    private var lulls: [Int64] = []

    struct Outcome {
        var summary = ""
        var findings: [String] = []
        /// Requests whose acknowledgement one cut had to respect.
        var mostAcknowledged = 0
        /// Uploads of several requests that the cuts met.
        var resumed = 0
    }

    /// Lets the clients run.
    init(on filesystem: DiskFilesystem, durability: String, turns: Int) async throws {
        name = "\(filesystem), durability \(durability)"
        settings = "durability: \(durability)\ncollision: replace\nthumbnails: {sizes: []}\n"
        disk = try await LoggedDisk(filesystem)
        let mounted = try await MountedDisk(disk.device, filesystem)
        let daemon = try await DaemonProcess.start(
            in: mounted.directory,
            options: DaemonProcess.Options(arguments: ["--log-level", "info"], settings: settings)
        )
        started = try disk.position()
        try await DiskClient(number: Self.clients, daemon: daemon, disk: disk, history: history).fillLedgerLog()
        for wave in 0..<Self.waves {
            let refusals = try await withThrowingTaskGroup(of: [Int].self) { [disk, history, offsets] group in
                for number in 0..<Self.clients {
                    // Each ends a wave with another kind of request.
                    let first = wave == 0 ? 0 : turns * wave / Self.waves + number
                    let end = turns * (wave + 1) / Self.waves + number
                    group.addTask {
                        try await DiskClient(
                            number: number,
                            daemon: daemon,
                            disk: disk,
                            history: history,
                            offsets: offsets
                        )
                        .run(first..<end)
                    }
                }
                return try await group.reduce([], +)
            }
            guard refusals.isEmpty else { throw DiskError("refused: \(refusals)\n\(daemon.output)") }
            try await daemon.settleJobs()
            lulls.append(try disk.position())
        }
        requests = history.promises(at: .max).acknowledged
        daemon.kill()
        await daemon.waitForExit()
        try await mounted.unmount()
    }

    /// Cuts the power at moments that chance chooses, some of them while the daemon starts for the first time, and in
    /// the lulls.
    func cut(_ count: Int) async throws -> Outcome {
        let seed = FaultScale.seed
        var chance = SeededGenerator(seed: seed)
        var disks = try await CutDisks(of: disk, upTo: lulls[Self.waves - 1])
        let positions = disks.records.map(\.end)
        let starting = positions.filter { $0 <= started }
        let serving = positions.filter { $0 > started }
        var cuts = (Self.waves..<count).compactMap { number -> PowerCut? in
            let positions = number % 8 == 7 ? starting : serving
            let cache = PowerCut.Cache.allCases[number % PowerCut.Cache.allCases.count]
            guard let position = positions.randomElement(using: &chance) else { return nil }
            return PowerCut(position: position, cache: cache, seed: chance.next())
        }
        var outcome = Outcome()
        cuts += lulls.map { PowerCut(position: $0, cache: .lost, seed: seed) }
        for cut in cuts.sorted(by: { $0.position < $1.position }) {
            try Task.checkCancellation()
            let promises = history.promises(at: cut.position)
            let uploads = offsets.promises(at: cut.position)
            let mounted = try await disks.mount(after: cut)
            let audit = try await DiskAudit.run(on: mounted.directory, settings: settings, against: promises, uploads)
            outcome.resumed += uploads.count
            try await mounted.unmount()
            outcome.findings += audit.findings.map { "\(name), \(cut): \($0)" }
            outcome.mostAcknowledged = max(outcome.mostAcknowledged, promises.acknowledged)
        }
        outcome.summary = """
            \(name): \(cuts.count) cuts, at most \(outcome.mostAcknowledged) acknowledged, \
            \(outcome.resumed) uploads gone on with, \(outcome.findings.count) findings; \(disks.records.count) records; seed \(seed)
            """
        return outcome
    }
}
