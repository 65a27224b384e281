/// What the writer has done since it was opened.
package struct LedgerStatistics: Sendable, Equatable {
    /// Transactions that were committed.
    package var commits = 0
    /// Calls that these carried; queued confirmations are not counted.
    package var writes = 0
}
