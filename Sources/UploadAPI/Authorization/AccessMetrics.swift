import Access
import Metrics

/// What is counted of requests that were not let in.
struct AccessMetrics: Sendable {
    private let refusals: [AccessError.Code: Counter]

    init() {
        refusals = Dictionary(
            uniqueKeysWithValues: AccessError.Code.allCases.filter { $0 != .invalidFile }.map { code in
                (code, Counter(label: "bucketd_access_refused_total", dimensions: [("reason", code.rawValue)]))
            }
        )
    }

    func refused(_ code: AccessError.Code) {
        refusals[code]?.increment()
    }
}
