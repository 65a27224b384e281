/// The record of requests that their clients may send again.
///
/// A request is recorded in the transaction that records its files (`NewFile.request`), and forgotten in the one that
/// withdraws them.
package protocol IdempotencyLedger: Sendable {
    /// Nil where there is none, or nothing of what it brought got its name.
    func request(_ key: IdempotencyKey) async throws -> RecordedRequest?
    /// Forgets requests whose time has come by `moment`, and the oldest beyond `count` (0: any number), at most `limit`
    /// of them; returns how many.
    func removeRequests(expiredBy moment: Timestamp, keeping count: Int, limit: Int) async throws -> Int
}
