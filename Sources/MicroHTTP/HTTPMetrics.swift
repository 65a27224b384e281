import Metrics

/// The server's metrics; all labels come from closed sets.
struct HTTPMetrics: Sendable {
    private static let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"]
    private static let statuses = ["1xx", "2xx", "3xx", "4xx", "5xx", "none"]

    private let connections = Gauge(label: "bucketd_http_connections_open")
    private let queued = Gauge(label: "bucketd_http_queued_bytes")
    private let queuedPeak = Gauge(label: "bucketd_http_queued_peak_bytes")
    /// By method, then status class; `none` when the client left before the answer.
    private let requests: [[Counter]]

    init() {
        requests = Self.methods.map { method in
            Self.statuses.map { status in
                Counter(label: "bucketd_http_exchanges_total", dimensions: [("method", method), ("status", status)])
            }
        }
    }

    func opened(_ count: Int) {
        connections.record(count)
    }

    func buffered(_ usage: (used: Int, peak: Int)) {
        queued.record(usage.used)
        queuedPeak.record(usage.peak)
    }

    func ended(method: String?, status: Int?) {
        let row = Self.methods.firstIndex(of: method ?? "other") ?? Self.methods.count - 1
        let column = status.map { min(max($0 / 100, 1), 5) - 1 } ?? Self.statuses.count - 1
        requests[row][column].increment()
    }

    /// A request or a connection that the server turned away itself; `rule` is one of a `Problem`'s.
    func refused(_ rule: String) {
        Counter(label: "bucketd_http_refused_total", dimensions: [("reason", rule)]).increment()
    }
}
