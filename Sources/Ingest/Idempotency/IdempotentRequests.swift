package import Logging
import Threading

/// Requests that their clients may send again under the same key: which are running, and what the others brought.
package final class IdempotentRequests: Sendable {
    package struct Options: Sendable {
        /// From the publication on.
        package var expireAfter: Duration = .seconds(24 * 3600)
        /// Requests that are remembered, give or take those of some seconds; the oldest go first; 0 = any number.
        package var maxRequests = 1_000_000

        package init() {}
    }

    /// What is known of a key.
    package enum Standing: Sendable {
        /// The caller's request is the first; its turn must be ended, whatever comes of it.
        case new(RequestTurn)
        case running
        case recorded(RecordedRequest)
    }

    private let comparisons: UploadIntake
    private let ledger: any IdempotencyLedger
    private let clock: any WallClock
    private let options: Options
    private let running: Locked<Set<IdempotencyKey>>

    package init(
        intake: UploadIntake,
        ledger: any IdempotencyLedger,
        clock: any WallClock,
        options: Options = Options()
    ) {
        comparisons = UploadIntake(comparingFor: intake)
        self.ledger = ledger
        self.clock = clock
        self.options = options
        running = Locked([])
    }

    /// The same requests under other options, and the limits of `intake`.
    package init(_ other: IdempotentRequests, intake: UploadIntake, options: Options) {
        comparisons = UploadIntake(other.comparisons, limits: intake.limits.withoutSpace)
        ledger = other.ledger
        clock = other.clock
        self.options = options
        running = other.running
    }

    /// Looks the key up, and takes the turn with it if it is free.
    ///
    /// Throws `.undecided` while it is unknown whether the request of this key took effect.
    package func begin(_ key: IdempotencyKey) async throws -> Standing {
        guard running.withLock({ $0.insert(key).inserted }) else { return .running }
        let found: RecordedRequest?
        do {
            try comparisons.health.requireHealthy()
            found = try await ledger.request(key)
        } catch {
            leave(key)
            throw error
        }
        guard let found, found.request.expiresAt > clock.now() else { return .new(RequestTurn(key, of: self)) }
        leave(key)
        guard found.files.allSatisfy({ $0.record.state != .publishing }) else {
            throw IngestError(.undecided, "Whether the request with this key took effect is being found out.")
        }
        return .recorded(found)
    }

    /// Opens a batch whose uploads are hashed only, for a request whose body is to be compared.
    ///
    /// As many may be under way as there may be uploads.
    package func openComparison(from source: UploadSource, logger: @autoclosure @escaping () -> Logger) async throws
        -> UploadBatch
    {
        try await comparisons.openBatch(from: source, logger: logger())
    }

    /// Forgets requests whose time has come, at most `limit` of them; how many.
    package func removeExpired(limit: Int) async throws -> Int {
        guard comparisons.health.reason == nil else { return 0 }
        return try await ledger.removeRequests(
            expiredBy: clock.now(),
            keeping: options.maxRequests,
            limit: limit
        )
    }

    var nextExpiry: Timestamp { clock.now().advanced(by: options.expireAfter) }

    func leave(_ key: IdempotencyKey) {
        running.withLock { _ = $0.remove(key) }
    }
}

/// The turn of the one request of its key that is running.
package final class RequestTurn: Sendable {
    private let key: IdempotencyKey
    private let requests: IdempotentRequests

    init(_ key: IdempotencyKey, of requests: IdempotentRequests) {
        self.key = key
        self.requests = requests
    }

    /// To be called once: the key may be another's turn by then.
    package func end() {
        requests.leave(key)
    }

    func record(_ fingerprint: RequestFingerprint) -> IdempotentRequest {
        IdempotentRequest(key: key, fingerprint: fingerprint, expiresAt: requests.nextExpiry)
    }
}
