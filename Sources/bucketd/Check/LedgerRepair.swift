import FoundationEssentials
import Glibc
import Ingest
import Jobs
import Ledger
import Logging
import Spool
import SystemPackage
import Telemetry
import Threading

/// Makes the record agree with the bucket again, with no daemon on it: `bucketd check --repair`.
struct LedgerRepair {
    let settings: Settings

    /// What was found and done, or why nothing was.
    func run() async -> [SystemCheck.Finding] {
        do {
            return try await repair()
        } catch let error as StateDirectoryError where error.code == .inUse {
            return [.problem("repair", "\(error) Stop it first.")]
        } catch let error as IngestError {
            return [.problem("repair", "\(error.message)\(error.cause.map { " (\($0))" } ?? "")")]
        } catch {
            return [.problem("repair", "\(error)")]
        }
    }

    private func repair() async throws -> [SystemCheck.Finding] {
        let logger = Logger(label: "repair")
        let options = try Assembly.spoolOptions(settings)
        let threads = BlockingThreads(name: "repair", count: 1)
        let state = try await threads.run { () throws(StateDirectoryError) in
            try StateDirectory(options, logger: logger)
        }
        // The threads may let go of it only after the examination that follows has begun.
        defer { state.unlock() }
        let owner = try state.calls.status(of: state.state).owner
        guard owner == geteuid() else {
            let text = "\(settings.state) belongs to user \(owner), who could not open what another makes there"
            return [.problem("repair", "\(text): run this as that user")]
        }
        var findings: [SystemCheck.Finding] = []
        let isNew: Bool
        switch try await threads.run({ try LedgerInspection(of: ledgerFile).run(.everything) }) {
        case .newer(let version, let known):
            return [.problem("repair", SystemCheck.newerLedger(version, known))]
        case .whole:
            isNew = false
        case .missing:
            findings.append(.warning("repair", "there was no ledger; a new one is made"))
            isNew = true
        case .damaged(let report):
            let mark = "damaged-\(Date.now.formatted(.iso8601.dateSeparator(.omitted).timeSeparator(.omitted)))"
            let aside = try LedgerDatabase.setAside(in: settings.state, mark: mark)
            findings.append(
                .warning("repair", "the ledger was damaged (\(report)); kept as \(aside), and a new one is made")
            )
            isNew = true
        }
        let summary = try await adopt(in: state, logger)
        return findings + summary.findings(keepsAttributes: state.keepsAttributes, isNew: isNew)
    }

    private var ledgerFile: FilePath { settings.state.appending(LedgerDatabase.fileName) }

    private func adopt(in state: StateDirectory, _ logger: Logger) async throws -> AdoptionSummary {
        let assembly = Assembly(settings, registry: PrometheusRegistry(help: [:]), logger: logger)
        let ledger = try await LedgerDatabase.open(
            in: settings.state,
            options: LedgerOptions(durability: settings.durability),
            environment: LedgerEnvironment(
                health: assembly.health,
                clock: assembly.clock,
                planner: TaskCatalog(try assembly.fileTasks().tasks),
                logger: logger
            )
        )
        do {
            // A record that gave more than one number each second since 1970 is not to be expected. In one that is whole
            // too: it may be what an earlier repair was cut off after making.
            try await ledger.skipNumbers(through: assembly.clock.now().milliseconds / 1000)
            let spool = FileSpool(state, threads: SpoolThreads(), health: assembly.health, logger: logger)
            let summary = try await BucketAdoption(try Bucket(spool, ledger: ledger), into: ledger, uploads: ledger).run
            { count in
                if count > 0, count % (256 * 40) == 0 {
                    StandardError.print("bucketd: \(count) files looked at")
                }
            }
            try await ledger.close()
            return summary
        } catch {
            // What could not be closed is the lesser trouble.
            try? await ledger.close()
            throw error
        }
    }
}

extension AdoptionSummary {
    fileprivate func findings(keepsAttributes: Bool, isNew: Bool) -> [SystemCheck.Finding] {
        var findings: [SystemCheck.Finding] = []
        if recorded > 0 {
            findings.append(.ok("repair", "files on record: \(recorded)"))
        }
        findings.append(
            .ok(
                "repair",
                "files recorded again: \(adopted), \(adoptedBytes) bytes, each read whole and equal to its checksum "
                    + "attribute; their jobs run again, so thumbnails are made anew"
            )
        )
        if !keepsAttributes {
            findings.append(
                .warning("repair", "the filesystem keeps no attributes: nothing tells uploads from foreign files")
            )
        }
        if foreign > 0 {
            findings.append(.ok("repair", "foreign files, served and never touched: \(foreign)"))
        }
        if changed.count > 0 {
            let text = "files that are not what their checksum attribute says, changed or damaged since; now foreign: "
            findings.append(.warning("repair", text + changed.text))
        }
        if unreadable.count > 0 {
            findings.append(.warning("repair", "files that cannot be read, now foreign: \(unreadable.text)"))
        }
        if !leftovers.isEmpty {
            let names = leftovers.prefix(10).map(\.string).joined(separator: ", ")
            let text = "unfinished uploads and removals in the spool, which the next start clears: \(leftovers.count)"
            findings.append(.warning("repair", "\(text) (\(names)\(leftovers.count > 10 ? ", ..." : ""))"))
        }
        if isNew {
            let text =
                "not to be known any more: the names that uploads had originally, the content types they declared, whose "
                + "they were (quotas of tokens begin at 0), what was replaced or removed, the journal of events, jobs that "
                + "had failed or waited, unfinished uploads, keys of requests, tickets (none that was given out is valid); "
                + "upload times are the files' modification times"
            findings.append(.warning("repair", text))
        }
        return findings
    }
}

extension AdoptionSummary.Sample {
    /// Names of others may hold anything: they are shown as URLs show them.
    fileprivate var text: String {
        "\(count) (\(first.map(\.percentEncoded).joined(separator: ", "))\(count > first.count ? ", ..." : ""))"
    }
}
