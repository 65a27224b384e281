/// Whether a client takes its response: something within the stall time, and on average the minimum rate once that is
/// over.
///
/// The rate counts only while bytes wait for the client: a slow disk of ours is not its fault.
struct DrainClock: Sendable {
    /// What the socket says about the bytes of a response.
    struct Reading: Sendable, Equatable {
        /// Changes whenever the peer takes bytes.
        var mark: Int64
        /// Bytes the peer has taken in all; nil where the kernel does not count them (Unix sockets).
        var taken: Int64?
        /// Whether bytes wait for the peer.
        var isPending: Bool
    }

    /// Zero for no limit.
    private let stall: Duration
    private var rate: RateClock
    private var next: ContinuousClock.Instant?
    private var last: Reading?
    private var unchangedSince: ContinuousClock.Instant?

    init(minRate: Int, stall: Duration) {
        self.stall = stall
        rate = RateClock(minRate: minRate, grace: stall)
    }

    /// Whether it is time for a reading, which costs a system call: once a second will do, and most responses are gone
    /// before the first.
    mutating func isDue(at now: ContinuousClock.Instant) -> Bool {
        guard stall > .zero else { return false }
        let interval = min(.seconds(1), stall / 8)
        guard let next else {
            self.next = now + interval
            return false
        }
        guard now >= next else { return false }
        self.next = now + interval
        return true
    }

    /// Judges a new reading.
    mutating func isTooSlow(_ reading: Reading, at now: ContinuousClock.Instant) -> Bool {
        defer { last = reading }
        rate.setRunning(reading.isPending, at: now)
        guard let last, let since = unchangedSince else {
            unchangedSince = now
            return false
        }
        if reading.mark != last.mark { unchangedSince = now } else if now - since > stall { return true }
        // Where bytes are not counted, the kernel gives them out in pieces so large that the stall time is rate enough.
        guard let taken = reading.taken, let before = last.taken else { return false }
        rate.moved(taken - before)
        return rate.isTooSlow(at: now)
    }
}
