import Access
import ArgumentParser
import CLinux
import Glibc
import Ledger
import Logging
import Metrics
import Telemetry

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Serve a bucket until SIGTERM or SIGINT."
    )

    @OptionGroup var options: SettingsOptions

    func run() async throws {
        let settings = try options.loadOrExit()
        let threshold = LogThreshold(settings.settings.logLevel)
        let style = LogStyle(settings.settings.logFormat)
        LoggingSystem.bootstrap { _ in JournalLogHandler(threshold: threshold, style: style) }
        let registry = PrometheusRegistry(help: MetricHelp.texts)
        MetricsSystem.bootstrap(registry)
        clinux_keep_buffers()
        // A file too large for the filesystem is an error of the write, not the end of the process (setrlimit(2)).
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        // Until the daemon can reload: it must not end for it.
        signal(SIGHUP, SIG_IGN)
        let logger = Logger(label: "bucketd")
        let descriptors = clinux_raise_descriptor_limit()
        guard descriptors >= DescriptorBudget.least else {
            logger.critical("too few files may be open (RLIMIT_NOFILE)", metadata: ["limit": "\(descriptors)"])
            throw ExitCode.failure
        }
        LedgerDatabase.forwardMessages(to: logger)
        do {
            let assembly = Assembly(settings.settings, registry: registry, threshold: threshold, logger: logger)
            try await assembly.run(from: settings) { [options] () throws(SettingsError) in try options.load() }
        } catch let error as SettingsError {
            throw error.told()
        } catch let error as AccessError {
            logger.critical("the tokens cannot be used", metadata: ["error": "\(error)"])
            throw ExitCode(2)
        } catch {
            logger.critical("stopped by an error", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}

extension LogStyle {
    fileprivate init(_ format: LogFormatSetting) {
        self =
            switch format {
            case .auto: .forDescriptor(STDERR_FILENO)
            case .console: .terminal
            case .journal: .journal
            case .json: .json
            }
    }
}
