import CLinux
import Glibc
import Ingest
import Jobs
import Ledger
import Logging
import Spool
import SystemPackage
import Threading

extension Assembly {
    /// Where bytes and records are kept.
    struct Storage {
        let state: StateDirectory
        let spool: FileSpool
        let ledger: LedgerDatabase
        let bucket: Bucket
    }

    /// Opens, locks and proves the directories, then brings ledger, spool and bucket to agree.
    func openStorage(planner: any JobPlanner, onJobsReady: @escaping @Sendable () -> Void) async throws -> Storage {
        let options = try Self.spoolOptions(settings)
        let logger = logger
        let start = BlockingThreads(name: "start", count: 1)
        let state = try await start.run { () throws(StateDirectoryError) in
            try StateDirectory(options, logger: logger)
        }
        let ledger = try await LedgerDatabase.open(
            in: options.state,
            options: LedgerOptions(durability: settings.durability),
            environment: LedgerEnvironment(
                health: health,
                clock: clock,
                planner: planner,
                logger: logger,
                onJobsReady: onJobsReady
            )
        )
        let spool = FileSpool(state, threads: SpoolThreads(), health: health, logger: logger)
        let bucket = try Bucket(spool, ledger: ledger)
        let recovered = try await Recovery(bucket, uploads: ledger).run()
        if recovered != RecoverySummary() {
            logger.notice("recovered", metadata: ["recovery": "\(recovered)"])
        }
        return Storage(state: state, spool: spool, ledger: ledger, bucket: bucket)
    }

    static func spoolOptions(_ settings: Settings) throws -> SpoolOptions {
        var options = SpoolOptions(bucket: settings.bucket, state: settings.state, durability: settings.durability)
        options.fileMode = settings.fileMode
        options.heldFiles = DescriptorBudget(limit: clinux_raise_descriptor_limit(), settings).heldFiles
        options.group = try settings.fileGroup.map(groupNumber)
        return options
    }

    private static func groupNumber(_ name: String) throws -> UInt32 {
        if let number = UInt32(name) {
            return number
        }
        guard let group = getgrnam(name) else {
            throw SettingsError(problems: [SettingsProblem(key: "files.group", reason: "There is no group “\(name)”.")])
        }
        return group.pointee.gr_gid
    }
}
