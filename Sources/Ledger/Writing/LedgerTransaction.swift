import GRDB
import Ingest

/// The transaction that is open on the writer's connection, with what its writes have in common.
///
/// Its methods, in the extensions beside the tables they write, throw `IngestError` or GRDB's errors; the writer maps
/// these.
final class LedgerTransaction {
    let database: Database
    let options: LedgerOptions
    let planner: any JobPlanner
    /// One moment for all that the transaction changes.
    let now: Timestamp
    /// Whether the runner should look for jobs after the commit.
    var hasReadyJobs = false

    init(database: Database, options: LedgerOptions, planner: any JobPlanner, now: Timestamp) {
        self.database = database
        self.options = options
        self.planner = planner
        self.now = now
    }

    /// What the transaction sees, its own changes included.
    var reader: LedgerReader { LedgerReader(database: database) }

    /// Runs one prepared and cached statement; returns how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws -> Int {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
        return database.changesCount
    }
}
