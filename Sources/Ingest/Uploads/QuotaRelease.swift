import Threading

/// Gives back the quota of what watchers took away, before an upload is refused for it: compares the rows of the ledger
/// with the disk.
///
/// A run costs time with the number of files. So there is one at a time, which whoever comes meanwhile joins, and after it
/// there is none for ten times as long as it took.
final class QuotaRelease: Sendable {
    /// What a run tells those who wait for it.
    private enum Progress: Sendable {
        /// More files are to be compared.
        case compared(hasReleased: Bool)
        /// There was no run, or it is over.
        case over
    }

    private typealias Waiter = CheckedContinuation<Progress, any Error>

    private struct State {
        var isRunning = false
        /// Callers that the run goes on for.
        var callers = 0
        var waiters: [Waiter] = []
        /// No run begins before.
        var next: ContinuousClock.Instant?

        mutating func takeWaiters() -> [Waiter] {
            defer { waiters = [] }
            return waiters
        }
    }

    private static let pageSize = 500
    /// How many times as long as a run took there is none.
    private static let pause = 10

    private let ledger: any FileLedger
    private let files: any BucketFiles
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Locked(State())

    init(
        ledger: any FileLedger,
        files: any BucketFiles,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.ledger = ledger
        self.files = files
        self.now = now
    }

    /// Callers that a run goes on for now.
    var callers: Int { state.withLock { $0.callers } }

    /// When the next run may begin, as seen from now.
    var timeToNextRun: Duration {
        let now = now()
        return state.withLock { $0.next.map { max(.zero, $0 - now) } ?? .zero }
    }

    /// Releases until `attempt` succeeds, and returns what it gave; nil if it still fails when all was compared, or if it
    /// is too early for a run.
    ///
    /// Throws what the look at ledger or disk, or `attempt`, throws.
    func run<Value>(until attempt: () async throws -> Value?) async throws -> Value? {
        guard join() else { return nil }
        defer { state.withLock { $0.callers -= 1 } }
        while true {
            let progress = try await progress()
            try Task.checkCancellation()
            switch progress {
            case .compared(hasReleased: false):
                continue
            case .compared(hasReleased: true):
                if let value = try await attempt() { return value }
            case .over:
                return try await attempt()
            }
        }
    }

    /// Counts the caller in, and begins a run if there is none; false where it is too early for one.
    private func join() -> Bool {
        let now = now()
        return state.withLock { state in
            if !state.isRunning {
                if let next = state.next, now < next { return false }
                state.isRunning = true
                Task { await self.compare(since: now) }
            }
            state.callers += 1
            return true
        }
    }

    private func progress() async throws -> Progress {
        try await withCheckedThrowingContinuation { (waiter: Waiter) in
            let isOver = state.withLock { state in
                if state.isRunning { state.waiters.append(waiter) }
                return !state.isRunning
            }
            if isOver { waiter.resume(returning: .over) }
        }
    }

    @concurrent
    private func compare(since start: ContinuousClock.Instant) async {
        var outcome = Result<Progress, any Error>.success(.over)
        do {
            var position: BucketPath?
            repeat {
                let page = try await ledger.files(prefix: "", after: position, limit: Self.pageSize)
                let presence = page.isEmpty ? [] : try await files.present(page)
                position = page.count == Self.pageSize ? page.last?.path : nil
                guard position != nil else { break }
                tell(.success(.compared(hasReleased: presence.contains(.gone))))
            } while state.withLock { $0.callers > 0 }
        } catch {
            outcome = .failure(error)
        }
        let end = now()
        let waiters = state.withLock { state in
            state.isRunning = false
            state.next = end + (end - start) * Self.pause
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    private func tell(_ progress: Result<Progress, any Error>) {
        for waiter in state.withLock({ $0.takeWaiters() }) { waiter.resume(with: progress) }
    }
}
