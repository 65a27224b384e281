import Metrics

/// What is counted of uploads that outlive their requests.
struct ResumableMetrics: Sendable {
    private let open = Gauge(label: "bucketd_resumable_uploads_open")
    private let begun = Counter(label: "bucketd_resumable_uploads_begun_total")
    private let resumed = Counter(label: "bucketd_resumable_uploads_resumed_total")
    private let completed = Counter(label: "bucketd_resumable_uploads_ended_total", dimensions: [("how", "completed")])
    private let cancelled = Counter(label: "bucketd_resumable_uploads_ended_total", dimensions: [("how", "cancelled")])
    private let expired = Counter(label: "bucketd_resumable_uploads_ended_total", dimensions: [("how", "expired")])

    /// How an upload ends.
    enum End: Sendable {
        case completed
        case cancelled
        case expired
    }

    func counted(_ uploads: Int) {
        open.record(uploads)
    }

    func uploadBegun() {
        begun.increment()
    }

    func uploadResumed() {
        resumed.increment()
    }

    func uploadEnded(_ end: End) {
        switch end {
        case .completed: completed.increment()
        case .cancelled: cancelled.increment()
        case .expired: expired.increment()
        }
    }
}
