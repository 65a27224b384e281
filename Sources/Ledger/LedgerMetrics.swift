import Metrics

/// The ledger's metrics, by name.
struct LedgerMetrics: Sendable {
    private let commits = Counter(label: "bucketd_ledger_commits_total")
    private let writes = Counter(label: "bucketd_ledger_writes_total")

    func committed(writes count: Int) {
        commits.increment()
        writes.increment(by: count)
    }
}
