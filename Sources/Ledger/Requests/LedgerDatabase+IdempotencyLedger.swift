package import Ingest

extension LedgerDatabase: IdempotencyLedger {
    package func request(_ key: IdempotencyKey) async throws -> RecordedRequest? {
        try await readPublished { try $0.request(key) }
    }

    package func removeRequests(expiredBy moment: Timestamp, keeping count: Int, limit: Int) async throws -> Int {
        // Most of the time there is nothing to do, and no need of a transaction.
        let (excess, hasExpired) = try await read {
            (try $0.requests(beyond: count), try $0.hasRequests(expiredBy: moment))
        }
        guard excess > 0 || hasExpired else { return 0 }
        return try await writer.perform(isDurable: false) {
            try $0.removeRequests(expiredBy: moment, beyond: excess, limit: limit)
        }
    }
}
