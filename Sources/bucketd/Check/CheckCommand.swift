import ArgumentParser
import Logging

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Test settings, filesystem, rights, ledger, tokens, TLS and sandbox, and say what was found.",
        discussion: """
            One line for each thing that was looked at, and a verdict. A daemon that runs on the bucket is not disturbed. \
            Run it as the daemon's user: what another may do proves little.

            Exits with 2 if the daemon could not work with these settings, or the ledger not be repaired.
            """
    )

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Record uploads again whose records were lost; a damaged ledger is kept aside. Stop the daemon first.")
    var repair = false

    func run() async throws {
        let settings = try options.loadOrExit()
        var findings = [SystemCheck.Finding.ok("settings", Self.summary(of: settings, file: options.config))]
        // What goes wrong is told as a finding; the parts' own log lines would only tell it twice.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        if repair {
            findings += await LedgerRepair(settings: settings.settings).run()
        }
        findings += await SystemCheck(settings.settings).findings()
        for finding in findings {
            print(finding)
        }
        print(findings.verdict)
        if findings.contains(where: { $0.level == .problem }) {
            throw ExitCode(2)
        }
    }

    private static func summary(of settings: LoadedSettings, file: String?) -> String {
        let count = settings.contents.count
        return "\(file ?? "no file"), \(count) of \(SettingKey.allCases.count) keys set by file, environment and flags"
    }
}
