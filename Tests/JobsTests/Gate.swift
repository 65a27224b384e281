import Threading

/// Holds tasks until a test lets them go, and tells how many have come.
final class Gate: Sendable {
    private let arrivals = AsyncSemaphore(permits: 0)
    private let passes = AsyncSemaphore(permits: 0)
    private let inside = Locked((now: 0, most: 0))

    /// The most that were held at the same time.
    var mostInside: Int { inside.withLock { $0.most } }
    var nowInside: Int { inside.withLock { $0.now } }

    /// Called by a task: waits to be let go.
    ///
    /// Throws when it is cancelled.
    func pass() async throws {
        inside.withLock { inside in
            inside.now += 1
            inside.most = max(inside.most, inside.now)
        }
        defer { inside.withLock { $0.now -= 1 } }
        arrivals.signal()
        try await passes.wait()
    }

    func arrivals(_ count: Int) async throws {
        for _ in 0..<count {
            try await arrivals.wait()
        }
    }

    func open(_ count: Int = 1) {
        for _ in 0..<count {
            passes.signal()
        }
    }
}
