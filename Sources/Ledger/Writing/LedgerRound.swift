import GRDB
import Ingest

/// One transaction: confirmations first, then each write, then one commit.
struct LedgerRound {
    let confirmations: [FileID]
    let writes: [PendingWrite]
    /// Whether the commit is synced even if nothing in it asks for that.
    var isSyncDue = false
    /// How the connection commits now; nil while that is to be asked.
    var currentMode: CommitMode?

    /// What is to be done once the connection is free again.
    struct Result: Sendable {
        var isCommitted = false
        /// How the connection committed; nil if it did not.
        var mode: CommitMode?
        /// Whether there was anything to commit, which alone takes space.
        var hasChanges = false
        var hasReadyJobs = false
        /// Why the transaction was not committed.
        var failure: IngestError?
        /// Whether the failure lies with the confirmations.
        var isFailureOfConfirmations = false
        /// What GRDB or SQLite said, for the log.
        var cause: String?
        /// What SQLite said of pages that make no sense.
        var damage: String?
        /// Answers the callers whose writes are decided.
        var answers: [@Sendable () -> Void] = []
        /// Writes for another transaction, as this one was lost through a neighbour.
        var unwritten: [PendingWrite] = []
    }

    /// Events ride on confirmations: a client has seen their numbers, which must not come again.
    var isDurable: Bool { isSyncDue || !confirmations.isEmpty || writes.contains(where: \.isDurable) }

    func run(_ transaction: LedgerTransaction) -> Result {
        let database = transaction.database
        let mode = transaction.options.commitMode(isDurable: isDurable)
        let changesBefore = database.totalChangesCount
        do {
            // Asking costs as much as a small write.
            if mode != currentMode {
                try mode.set(in: database)
            }
            try database.beginTransaction(.immediate)
        } catch {
            return refusal(of: writes, because: error, in: database)
        }
        do {
            try transaction.publish(confirmations)
        } catch {
            // What waits may build on the confirmations: it must not go before them.
            var result = refusal(of: writes, because: error, in: database)
            result.isFailureOfConfirmations = true
            return result
        }
        var outcomes: [PendingWrite.Outcome] = []
        for (place, write) in writes.enumerated() {
            do {
                try outcomes.append(run(write, in: transaction))
            } catch {
                var result = refusal(of: [write], because: error, in: database)
                result.unwritten = writes
                result.unwritten.remove(at: place)
                if error is IngestError, result.failure?.code != .outcomeUnknown {
                    // A refusal, and no failure of the ledger's.
                    result.failure = nil
                }
                return result
            }
        }
        var result = commit(outcomes, transaction, mode)
        result.hasChanges = database.totalChangesCount != changesBefore
        return result
    }

    /// Throws if the transaction is lost, and with it what went before: SQLite may undo it for lack of space or on a failed
    /// read (sqlite3_get_autocommit), and what a write changed before it failed can only be undone with all the rest.
    ///
    /// A savepoint for each write would spare the rest, but has SQLite copy every page that a write touches, and hardly a
    /// write fails after it has changed something.
    private func run(_ write: PendingWrite, in transaction: LedgerTransaction) throws -> PendingWrite.Outcome {
        let database = transaction.database
        let changesBefore = database.totalChangesCount
        let outcome = write.run(transaction)
        if case .failed(let failure, _) = outcome,
            !database.isInsideTransaction || database.totalChangesCount != changesBefore
        {
            throw failure
        }
        return outcome
    }

    private func commit(
        _ outcomes: [PendingWrite.Outcome],
        _ transaction: LedgerTransaction,
        _ mode: CommitMode
    ) -> Result {
        var result = Result()
        do {
            try transaction.database.commit()
            result.isCommitted = true
            result.mode = mode
            result.hasReadyJobs = transaction.hasReadyJobs
        } catch {
            // SQLITE_FULL comes from write(2), before the commit record is whole, so the transaction is surely undone.
            // After any other failure the record may be found in the log at the next start.
            result = refusal(of: [], because: error, in: transaction.database)
            if !error.isFullDatabase {
                result.failure = .outcomeOfCommitUnknown
            }
        }
        let failure = result.failure
        for case .failed(let error, _) in outcomes where error.isDatabaseDamage {
            result.damage = "\(error)"
        }
        result.answers = outcomes.map { outcome in
            switch outcome {
            case .done(let answer): { answer(failure) }
            case .failed(_, let answer): answer
            }
        }
        return result
    }

    private func refusal(of writes: [PendingWrite], because error: any Error, in database: Database) -> Result {
        var result = Result()
        result.cause = "\(error)"
        result.damage = error.isDatabaseDamage ? result.cause : nil
        let failure = rollback(database) ? IngestError.ledger(error) : .outcomeOfCommitUnknown
        result.failure = failure
        result.answers = writes.map { write in { write.refuse(failure) } }
        return result
    }

    private func rollback(_ database: Database) -> Bool {
        do {
            try database.rollback()
            return true
        } catch {
            return false
        }
    }
}
