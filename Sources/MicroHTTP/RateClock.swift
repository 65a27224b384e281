/// Whether a peer keeps to a minimum rate, measured only while it is the peer that others wait for: a pure state
/// machine.
struct RateClock: Sendable {
    /// Bytes per second; 0 for no minimum.
    let minRate: Int
    let grace: Duration
    private var runningSince: ContinuousClock.Instant?
    private var elapsed = Duration.zero
    private var bytes: Int64 = 0
    /// Bytes the peer is ahead of the minimum rate, limited, so that a fast start does not pay for a long halt.
    private var credit: Double
    private var creditedUntil = Duration.zero

    init(minRate: Int, grace: Duration) {
        self.minRate = minRate
        self.grace = grace
        credit = Double(minRate) * (grace / .seconds(1))
    }

    private var creditLimit: Double { Double(minRate) * max(30, 6 * (grace / .seconds(1))) }

    /// From now on the peer is waited for, or not.
    mutating func setRunning(_ isRunning: Bool, at now: ContinuousClock.Instant) {
        if isRunning {
            if runningSince == nil { runningSince = now }
        } else if let since = runningSince {
            elapsed += now - since
            runningSince = nil
        }
    }

    mutating func moved(_ count: Int64) {
        bytes += count
        credit += Double(count)
    }

    /// Whether the peer is below the minimum: on average once the grace is over, or by a long halt.
    mutating func isTooSlow(at now: ContinuousClock.Instant) -> Bool {
        guard minRate > 0 else { return false }
        let elapsed = elapsed + (runningSince.map { now - $0 } ?? .zero)
        let seconds = elapsed / .seconds(1)
        credit -= Double(minRate) * ((elapsed - creditedUntil) / .seconds(1))
        creditedUntil = elapsed
        defer { credit = min(credit, creditLimit) }
        guard elapsed > grace else { return false }
        return Double(bytes) < Double(minRate) * seconds || credit < 0
    }
}
