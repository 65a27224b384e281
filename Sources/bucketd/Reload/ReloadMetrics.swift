import Metrics

/// What is counted of reloads.
struct ReloadMetrics: Sendable {
    private let applied = Counter(label: "bucketd_settings_reloads_total", dimensions: [("outcome", "applied")])
    private let failures = Counter(label: "bucketd_settings_reloads_total", dimensions: [("outcome", "refused")])
    private let isCurrent = Gauge(label: "bucketd_settings_reload_successful")

    /// The settings that the daemon starts with count as taken over.
    init() {
        isCurrent.record(1)
    }

    func reloaded() {
        applied.increment()
        isCurrent.record(1)
    }

    func refused() {
        failures.increment()
        isCurrent.record(0)
    }
}
