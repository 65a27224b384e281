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

    @Option(help: "Address to listen on: 127.0.0.1:8080, [::1]:8080, unix:/path or systemd. May be repeated.")
    var listen: [String] = []

    @Option(help: "Least severe messages to log: trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Flag(help: "Let anybody who reaches the address upload, read and delete.")
    var allowAnonymous = false

    func settings() throws -> Settings {
        var flags: [SettingKey: ConfigContent] = [:]
        flags[.bucket] = bucket.map { .string($0) }
        flags[.listen] = listen.isEmpty ? nil : .stringArray(listen)
        flags[.logLevel] = logLevel.map { .string($0) }
        flags[.allowAnonymous] = allowAnonymous ? .string("true") : nil
        return try Settings.load(
            flags: flags,
            environment: ProcessInfo.processInfo.environment,
            file: config.map { FilePath($0) }
        )
    }
}
