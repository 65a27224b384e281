import GRDB
import Ingest
import Logging
import Threading

/// The one writer, with a thread of its own.
///
/// Everything that waits when a transaction begins goes into it, so that many calls share one sync; nobody waits for
/// company. Confirmed publications wait for the next transaction, or begin one when their time has come.
final class LedgerWriter: Sendable {
    private let pool: DatabasePool
    private let options: LedgerOptions
    private let environment: LedgerEnvironment
    private let queue = BatchQueue<PendingWrite>()
    private let thread = BlockingThreads(name: "ledger-writer", count: 1)
    private let confirmed = Locked<[FileID]>([])
    private let counts = Locked(LedgerStatistics())
    private let metrics = LedgerMetrics()
    private let passing = Locked<IngestError?>(nil)
    /// A full disk fails every write that clients cause: they must not fill the journal too.
    private let passingReports = ReportInterval(.seconds(60))

    /// Commits since the last that was synced; more of them would let the log grow without a checkpoint.
    private let unsyncedCommits = Locked(0)
    private static let unsyncedLimit = 256
    /// How the connection commits; nil until it has committed, and after a failure.
    private let mode = Locked<CommitMode?>(nil)

    /// After a failure that time may cure; the disk is full, or another process holds the lock.
    private static let confirmationRetryDelay = Duration.seconds(1)

    init(pool: DatabasePool, options: LedgerOptions, environment: LedgerEnvironment) {
        self.pool = pool
        self.options = options
        self.environment = environment
    }

    var statistics: LedgerStatistics { counts.withLock { $0 } }

    /// Why the last transaction failed, where time may cure that; nil once one was committed that proves that it did.
    var obstacle: IngestError? { passing.withLock { $0 } }

    /// Calls that wait for the next transaction.
    var waitingWrites: Int { queue.count }

    /// Publications that are confirmed while the ledger still calls them `publishing`.
    var unwrittenConfirmations: [FileID] { confirmed.withLock { $0 } }

    /// A write that is not durable may be undone by a power cut, with all others after the last durable one.
    func perform<Value: Sendable>(
        isDurable: Bool = true,
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Value
    ) async throws(IngestError) -> Value {
        try environment.health.requireHealthy()
        let result: Result<Value, IngestError> = await withCheckedContinuation { continuation in
            let write = PendingWrite(isDurable: isDurable, body, continuation: continuation)
            if !queue.append(write) {
                write.refuse(.ledgerClosed)
            }
        }
        return try result.get()
    }

    func confirm(_ files: [FileID]) {
        guard !files.isEmpty else { return }
        confirmed.withLock { $0 += files }
        queue.wake(within: options.confirmationDelay)
    }

    /// Writes until `close()`, and then what is left.
    func run() async {
        await thread.run { [self] in
            while let batch = queue.next() {
                write(batch)
            }
            write([])
        }
    }

    func close() {
        queue.close()
    }

    private func write(_ batch: [PendingWrite]) {
        var waiting = batch
        repeat {
            do {
                try environment.health.requireHealthy()
            } catch {
                // The confirmations stay for readers to see; recovery finds the files in their places.
                for write in waiting {
                    write.refuse(error)
                }
                return
            }
            let round = LedgerRound(
                confirmations: unwrittenConfirmations,
                writes: waiting,
                isSyncDue: unsyncedCommits.withLock { $0 >= Self.unsyncedLimit },
                currentMode: mode.withLock { $0 }
            )
            guard !round.writes.isEmpty || !round.confirmations.isEmpty else { return }
            let result = pool.writeWithoutTransaction { database in
                round.run(
                    LedgerTransaction(
                        database: database,
                        options: options,
                        planner: environment.planner,
                        now: environment.clock.now()
                    )
                )
            }
            settle(round, result)
            waiting = result.unwritten
        } while !waiting.isEmpty
    }

    private func settle(_ round: LedgerRound, _ result: LedgerRound.Result) {
        mode.withLock { $0 = result.mode }
        if result.isCommitted {
            // One that changes nothing writes nothing, on a full disk too.
            passing.withLock { if result.hasChanges || $0?.code != .noSpace { $0 = nil } }
            confirmed.withLock { $0.removeFirst(round.confirmations.count) }
            // Nor does it sync.
            if result.hasChanges { unsyncedCommits.withLock { $0 = round.isDurable ? 0 : $0 + 1 } }
            counts.withLock {
                $0.commits += 1
                $0.writes += round.writes.count
            }
            metrics.committed(writes: round.writes.count)
        }
        if let damage = result.damage {
            environment.reportDamage(of: pool.path, damage)
        }
        if let failure = result.failure {
            report(failure, of: round, result)
        }
        if result.hasReadyJobs {
            environment.onJobsReady()
        }
        for answer in result.answers {
            answer()
        }
    }

    private func report(_ failure: IngestError, of round: LedgerRound, _ result: LedgerRound.Result) {
        let isPassing = [.noSpace, .busy, .outOfResources].contains(failure.code)
        if isPassing { passing.withLock { $0 = failure } }
        environment.logger.log(
            level: isPassing && !passingReports.isDue() ? .debug : .error,
            "a transaction of the ledger failed",
            metadata: [
                "error": "\(failure.code.rawValue)", "error.cause": "\(result.cause ?? "")",
                "ledger.writes": "\(round.writes.count)", "ledger.confirmations": "\(round.confirmations.count)",
            ]
        )
        if failure.code == .outcomeUnknown {
            environment.health.fail("A commit of the ledger failed.")
        } else if result.isFailureOfConfirmations && !isPassing {
            environment.health.fail("The ledger refuses confirmed publications.")
        } else if !round.confirmations.isEmpty {
            queue.wake(within: Self.confirmationRetryDelay)
        }
    }
}
