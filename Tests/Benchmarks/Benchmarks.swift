import ArgumentParser
import Glibc
import IngestTesting
import SystemPackage

/// Measures the built daemon and prints tables; nothing here passes or fails.
@main struct Benchmarks: AsyncParsableCommand {
    enum Case: String, CaseIterable, ExpressibleByArgument {
        case largePut = "large-put"
        case largeForm = "large-form"
        case smallPuts = "small-puts"
        case parallelPuts = "parallel-puts"
        case thumbnails
        case jobs
        case startUp = "start-up"
        case listing
        case slowUploads = "slow-uploads"
        case abortedUploads = "aborted-uploads"
        case hostileForms = "hostile-forms"
        case stopUnderLoad = "stop-under-load"
        case pieces
        case idleUploads = "idle-uploads"

        static let compared: [Case] = [.largePut, .largeForm, .smallPuts, .parallelPuts]
        static let populated: [Case] = [.startUp, .listing]
    }

    static let configuration = CommandConfiguration(
        commandName: "bucketd-bench",
        abstract: "Measures the built daemon beside its peers, and beside hostile, slow and numerous clients."
    )

    @Argument(help: "Which cases to run, all without any.")
    var cases: [Case] = Case.allCases

    @Option(help: "Repetitions of what is compared, alternating.")
    var rounds = 5

    @Option(help: "Part of the full sizes, times and numbers, for a short look.")
    var scale = 1.0

    @Option(help: "Files and rows of the bucket and the ledger that are called full; the scale is not for them.")
    var files = 1_000_000

    func validate() throws {
        guard rounds > 0, scale > 0, scale <= 1, files >= 2000 else {
            throw ValidationError("At least one round, a scale above 0 and at most 1, and 2000 files.")
        }
    }

    func run() async throws {
        raiseDescriptorLimit()
        print("\(Machine.facts()). Load average \(Machine.load()) at the start.\n")
        try await compare()
        for name in cases {
            switch name {
            case .thumbnails: try await Thumbnails(rounds: rounds, scale: scale).run()
            case .jobs: try await JobRate(rounds: rounds, scale: scale, rows: files).run()
            case .slowUploads: try await SlowUploads(rounds: rounds).run()
            case .abortedUploads: try await AbortedUploads().run()
            case .hostileForms: try await HostileForms(rounds: rounds).run()
            case .stopUnderLoad: try await StopUnderLoad().run()
            case .pieces: try await Pieces(rounds: rounds, scale: scale).run()
            case .idleUploads: try await IdleUploads(scale: scale).run()
            default: continue
            }
        }
        let populated = cases.filter(Case.populated.contains)
        if !populated.isEmpty {
            try await FullBucket(rounds: rounds, scale: scale, count: files).run(populated)
        }
    }

    private func compare() async throws {
        let compared = cases.filter(Case.compared.contains)
        guard !compared.isEmpty else { return }
        let peers = try await Peers()
        let disk = try await FreshFilesystem(mebibytes: max(2048, Int(12_288 * scale)))
        print("Peers: \(peers.versions.joined(separator: ", ")). Files on \(disk.description).\n")
        print(Self.explanation)
        let comparison = Comparison(
            contestants: [Bucketd(isDurable: true), Bucketd(isDurable: false)] + peers.contestants
                + [Floor(isDurable: true), Floor(isDurable: false)],
            disk: disk,
            rounds: rounds
        )
        for name in compared {
            for workload in Workload.all(of: name, scale: scale) { try await comparison.run(workload) }
        }
    }

    private static let explanation = """
        bucketd runs with its default settings: SHA-256 while the bytes come, checksum and thumbnail jobs afterwards; \
        only `limits.minFreeSpace` is 0. The peers do none of that and sync nothing. nginx knows only PUT and FastAPI \
        only forms: each is sent what it knows. The floor makes bucketd's system calls and hash in C, without a network \
        and without jobs. CPU is counted to the last answer and, where a second number is, until the server has \
        nothing left to do. The load runs on the same machine; its processor time is told. The three columns at the right \
        divide bucketd's figure by the row's: a rate above 1 is bucketd's lead, a CPU above 1 is what it costs more. \
        Where the load average before a case is above 1, other programs had their part of the machine, and took it most \
        from those of few threads, such as nginx and the floor: then rates and their ratios are only a hint, and the \
        processor times are what holds.

        """

    private func raiseDescriptorLimit() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }
}

/// Starts a daemon in a directory of its own.
func startDaemon(settings: String = "") async throws -> DaemonProcess {
    var options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\n" + settings)
    options.logLevel = "notice"
    return try await DaemonProcess.start(in: try TemporaryDirectory(), options: options)
}
