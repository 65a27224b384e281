/// How fast a body comes in, measured only while we are willing to read it: a pure state machine.
struct BodyClock: Sendable {
    /// Bytes per second; 0 for no minimum.
    let minRate: Int
    let grace: Duration
    private var willingSince: ContinuousClock.Instant?
    private var willing = Duration.zero
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

    /// From now on we read, or not.
    mutating func setWilling(_ isWilling: Bool, at now: ContinuousClock.Instant) {
        if isWilling {
            if willingSince == nil { willingSince = now }
        } else if let since = willingSince {
            willing += now - since
            willingSince = nil
        }
    }

    mutating func received(_ count: Int) {
        bytes += Int64(count)
        credit += Double(count)
    }

    /// Whether the peer is below the minimum: on average once the grace is over, or by a long halt.
    mutating func isTooSlow(at now: ContinuousClock.Instant) -> Bool {
        guard minRate > 0 else { return false }
        let elapsed = willing + (willingSince.map { now - $0 } ?? .zero)
        let seconds = elapsed / .seconds(1)
        credit -= Double(minRate) * ((elapsed - creditedUntil) / .seconds(1))
        creditedUntil = elapsed
        defer { credit = min(credit, creditLimit) }
        guard elapsed > grace else { return false }
        return Double(bytes) < Double(minRate) * seconds || credit < 0
    }
}
