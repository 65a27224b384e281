import ArgumentParser
import Logging

struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Test settings, filesystem, rights, ledger and sandbox, and say what was found.",
        discussion: "Exits with 2 if the daemon could not work with these settings, or the ledger not be repaired."
    )

    @OptionGroup var options: SettingsOptions

    @Flag(help: "Record uploads again whose records were lost; a damaged ledger is kept aside. Stop the daemon first.")
    var repair = false

    func run() async throws {
        let settings = try loadSettings(options)
        print("ok       settings")
        // What goes wrong is told as a finding; the parts' own log lines would only tell it twice.
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        var findings: [SystemCheck.Finding] = []
        if repair {
            findings = await LedgerRepair(settings: settings).run()
        }
        findings += await SystemCheck(settings).findings()
        for finding in findings {
            print(finding)
        }
        if findings.contains(where: { $0.level == .problem }) {
            throw ExitCode(2)
        }
    }
}
