/// Doubling waits between tries of something that must succeed in the end.
struct Backoff {
    private let policy: RetryPolicy
    private(set) var failures = 0

    init(_ policy: RetryPolicy) {
        self.policy = policy
    }

    /// The wait before the next try.
    mutating func next() -> Duration {
        failures += 1
        return policy.delay(after: failures)
    }

    mutating func reset() {
        failures = 0
    }
}
