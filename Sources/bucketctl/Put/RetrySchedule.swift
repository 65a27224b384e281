/// When to try again, after how many failures to give up.
struct RetrySchedule: Sendable {
    /// Failures in a row, without progress between them, that are followed by another attempt.
    let limit: Int
    private(set) var failures = 0

    private static let first = Duration.milliseconds(500)
    private static let longest = Duration.seconds(30)
    /// A server that asks for more is not waited for.
    private static let patience = Duration.seconds(600)

    init(limit: Int) {
        self.limit = limit
    }

    /// The pause before the next attempt, nil to give up.
    ///
    /// It doubles with each failure; of what is computed a part between a half and the whole is taken, by `chance` of 0 to
    /// 1, so that clients which were cut off together do not come back together. The server's word is a minimum.
    mutating func pause(retryAfter: Duration?, chance: Double = .random(in: 0...1)) -> Duration? {
        guard failures < limit, (retryAfter ?? .zero) <= Self.patience else { return nil }
        let whole = min(Self.longest, Self.first * (1 << min(failures, 10)))
        failures += 1
        return max(retryAfter ?? .zero, whole * (0.5 + chance / 2))
    }

    /// Something was achieved since the last failure.
    mutating func reset() {
        failures = 0
    }
}
