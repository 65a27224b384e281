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
        let settings = try loadSettings(options)
        LoggingSystem.bootstrap { [level = settings.logLevel] _ in JournalLogHandler(level: level) }
        let registry = PrometheusRegistry(help: MetricHelp.texts)
        MetricsSystem.bootstrap(registry)
        clinux_keep_buffers()
        // A file too large for the filesystem is an error of the write, not the end of the process (setrlimit(2)).
        signal(SIGXFSZ, SIG_IGN)
        signal(SIGPIPE, SIG_IGN)
        // A terminal that closes, or a reload that somebody asks for, must not end the uploads in flight.
        signal(SIGHUP, SIG_IGN)
        let logger = Logger(label: "bucketd")
        if clinux_raise_descriptor_limit() < 0 {
            logger.warning("the limit of open files could not be raised")
        }
        LedgerDatabase.forwardMessages(to: logger)
        do {
            try await Assembly(settings, registry: registry, logger: logger).run()
        } catch let error as AccessError {
            logger.critical("the tokens cannot be used", metadata: ["error": "\(error)"])
            throw ExitCode(2)
        } catch {
            logger.critical("stopped by an error", metadata: ["error": "\(error)"])
            throw ExitCode.failure
        }
    }
}

/// The settings; or their problems on standard error, one a line, and exit status 2.
func loadSettings(_ options: SettingsOptions) throws -> Settings {
    do {
        return try options.settings()
    } catch let error as SettingsError {
        for problem in error.problems {
            StandardError.print("bucketd: \(problem)")
        }
        throw ExitCode(2)
    }
}
