import ArgumentParser
import Glibc
import Ingest
import Ledger
import SystemPackage
import Threading
import UnixSignals

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the ledger to a file, also while the daemon runs.",
        discussion: """
            The copy holds what was on record at one moment, and appears whole, on stable storage and readable by its \
            owner alone, or not at all. Copy the bucket after it: what was stored in between can be recorded again by \
            “bucketd check --repair”. Exits with 1 if no copy was made, or one that may not survive a power cut.
            """
    )

    @OptionGroup var options: SettingsOptions

    @Argument(help: "Where the copy goes; nothing is overwritten.")
    var file: String

    func run() async throws {
        let settings = try options.loadOrExit().settings
        let ledger = settings.state.appending(LedgerDatabase.fileName)
        let (source, target) = (LedgerCopy(of: ledger), FilePath(file))
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let stop = Task {
            for await signal in signals where source.abandon() {
                StandardError.print("bucketd: \(ledger): no copy: stopped by \(signal)")
                // The thread that copies may be waiting for long.
                _exit(ExitCode.failure.rawValue)
            }
        }
        defer { stop.cancel() }
        do {
            let copied = try await BlockingThreads(name: "backup", count: 1).run { () throws(IngestError) in
                try source.write(to: target)
            }
            print("\(ledger): version \(copied.version), \(copied.bytes) bytes, copied to \(target)")
        } catch {
            let cause = error.cause.map { " (\($0))" } ?? ""
            let outcome = error.code == .outcomeUnknown ? "" : "no copy: "
            StandardError.print("bucketd: \(ledger): \(outcome)\(error.message)\(cause)")
            throw ExitCode.failure
        }
    }
}
