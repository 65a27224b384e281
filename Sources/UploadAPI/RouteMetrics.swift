import HTTPTypes
import Metrics

/// What is counted of requests, by route and class of status: a closed set, whatever clients ask for.
struct RouteMetrics: Sendable {
    private struct Key: Hashable {
        var route: String
        var method: String
        var statusClass: Int
    }

    private let counters: [Key: Counter]
    private let timers: [String: Timer]

    init(_ routes: [Route]) {
        var counters: [Key: Counter] = [:]
        var timers: [String: Timer] = [:]
        let kinds = routes.map { ($0.template.text, $0.method.rawValue) } + [("none", "any")]
        for (route, method) in kinds {
            for statusClass in 2...5 {
                counters[Key(route: route, method: method, statusClass: statusClass)] = Counter(
                    label: "bucketd_http_requests_total",
                    dimensions: [("route", route), ("method", method), ("status", "\(statusClass)xx")]
                )
            }
            timers[route] = Timer(label: "bucketd_http_request_duration_seconds", dimensions: [("route", route)])
        }
        self.counters = counters
        self.timers = timers
    }

    /// `route` is nil where the path or the method is unknown.
    func answered(
        _ route: Route?,
        _ method: HTTPRequest.Method,
        _ status: HTTPResponse.Status,
        after time: Duration
    ) {
        let name = route?.template.text ?? "none"
        let key = Key(route: name, method: route?.method.rawValue ?? "any", statusClass: status.code / 100)
        counters[key]?.increment()
        timers[name]?.record(duration: time)
    }
}
