import ArgumentParser
import Configuration
import FoundationEssentials
import SystemPackage

/// Flags that are settings; each is also a key of the file and a variable of the environment.
struct SettingsOptions: ParsableArguments {
    @Option(help: "Settings file (YAML).")
    var config: String?

    @Option(help: "The folder that uploads appear in.")
    var bucket: String?

    @Option(help: "Address to listen on: 127.0.0.1:8080, tls:[::]:8443, unix:/path or systemd. May be repeated.")
    var listen: [String] = []

    @Option(help: "Least severe messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "How log lines look: auto, console, journal or json.")
    var logFormat: String?

    @Flag(help: "Let anybody who reaches the address upload, read and delete.")
    var allowAnonymous = false

    /// Reads everything anew; throws `SettingsError`.
    func load() throws(SettingsError) -> LoadedSettings {
        var flags = SettingsFlags()
        flags[.bucket, "--bucket"] = bucket.map { .string($0) }
        flags[.listen, "--listen"] = listen.isEmpty ? nil : .stringArray(listen)
        flags[.logLevel, "--log-level"] = logLevel.map { .string($0) }
        flags[.logFormat, "--log-format"] = logFormat.map { .string($0) }
        flags[.allowAnonymous, "--allow-anonymous"] = allowAnonymous ? .string("true") : nil
        return try LoadedSettings(
            flags: flags,
            environment: ProcessInfo.processInfo.environment,
            file: config.map { FilePath($0) }
        )
    }

    /// The settings; or their problems on standard error, one a line, and exit status 2.
    func loadOrExit() throws -> LoadedSettings {
        do {
            return try load()
        } catch {
            throw error.told()
        }
    }
}

extension SettingsError {
    /// The exit status, after the problems were told on standard error, one a line.
    func told() -> ExitCode {
        for problem in problems {
            StandardError.print("bucketd: \(problem)")
        }
        return ExitCode(2)
    }
}
