/// Tells a client that takes its response from one that does not.
struct SendProgress: Sendable {
    private var mark: Int64 = -1
    private var since: ContinuousClock.Instant?

    /// How long `mark`, a number that changes with every byte taken, has been the same.
    mutating func stalled(at mark: Int64, now: ContinuousClock.Instant) -> Duration {
        guard let since, mark == self.mark else {
            self.mark = mark
            self.since = now
            return .zero
        }
        return now - since
    }
}
