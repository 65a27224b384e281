package import Ingest
import Threading

/// Requests with a key, and nothing else.
package final class InMemoryIdempotencyLedger: IdempotencyLedger {
    private let requests = Locked<[IdempotencyKey: RecordedRequest]>([:])

    package init() {}

    package var count: Int { requests.withLock { $0.count } }

    /// As the transaction does that records the files.
    package func record(_ request: IdempotentRequest, files: [PublishedFile]) {
        requests.withLock { $0[request.key] = RecordedRequest(request, files: files) }
    }

    package func request(_ key: IdempotencyKey) -> RecordedRequest? { requests.withLock { $0[key] } }

    package func removeRequests(expiredBy moment: Timestamp, keeping count: Int, limit: Int) -> Int {
        requests.withLock { requests in
            let oldest = requests.values.map(\.request).sorted { $0.expiresAt < $1.expiresAt }
            let excess = count > 0 ? max(0, oldest.count - count) : 0
            let removed = oldest.enumerated().filter { $0.offset < excess || $0.element.expiresAt <= moment }
            for (_, request) in removed.prefix(limit) { requests[request.key] = nil }
            return min(removed.count, limit)
        }
    }
}
