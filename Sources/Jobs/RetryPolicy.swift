/// How long a failed job waits before it is tried again.
package struct RetryPolicy: Sendable, Equatable {
    /// The wait after the first failure, doubled by each further one.
    package var base: Duration
    /// The longest wait.
    package var cap: Duration

    package init(base: Duration, cap: Duration) {
        precondition(base > .zero && cap >= base)
        self.base = base
        self.cap = cap
    }

    /// For work on local files, which fails for want of a resource or not at all: 5 s to 5 min.
    package static let local = Self(base: .seconds(5), cap: .seconds(300))

    /// The wait after the `failures`th failure, at least 1: `min(cap, base * 2^(failures - 1))`, of which between a half
    /// and all is taken, so that jobs which failed together do not come back together.
    package func delay(after failures: Int, jitter: Double = .random(in: 0.5...1)) -> Duration {
        var wait = base
        for _ in 1..<max(failures, 1) where wait < cap {
            wait *= 2
        }
        return min(wait, cap) * jitter
    }
}
