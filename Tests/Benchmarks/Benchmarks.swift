import ArgumentParser
import Glibc
import IngestTesting
import SystemPackage

/// Measures the built daemon and prints tables; nothing here passes or fails.
@main struct Benchmarks: AsyncParsableCommand {
    enum Case: String, CaseIterable, ExpressibleByArgument {
        case slowUploads = "slow-uploads"
        case abortedUploads = "aborted-uploads"
        case hostileForms = "hostile-forms"
        case stopUnderLoad = "stop-under-load"
    }

    static let configuration = CommandConfiguration(
        commandName: "bucketd-bench",
        abstract: "Measures the built daemon beside hostile, slow and numerous clients."
    )

    @Argument(help: "Which cases to run, all without any.")
    var cases: [Case] = Case.allCases

    @Option(help: "Repetitions of what is compared, alternating.")
    var rounds = 5

    func run() async throws {
        raiseDescriptorLimit()
        print(Machine.facts(), terminator: "\n\n")
        for name in cases {
            switch name {
            case .slowUploads: try await SlowUploads(rounds: rounds).run()
            case .abortedUploads: try await AbortedUploads().run()
            case .hostileForms: try await HostileForms(rounds: rounds).run()
            case .stopUnderLoad: try await StopUnderLoad().run()
            }
        }
    }

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
