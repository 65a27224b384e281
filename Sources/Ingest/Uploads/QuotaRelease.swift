import Threading

/// Gives back the quota of what watchers took away, before an upload is refused for it: compares the rows of the ledger
/// with the disk.
///
/// A run costs time with the number of files. So there is one at a time, which whoever comes meanwhile joins, and after it
/// there is none for ten times as long as it took. One that ended early, because nobody waited for it any more, shuts
/// nobody out: whoever comes within that time goes on where it ended.
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
        /// No run begins before, but to go on with `rest`.
        var next: ContinuousClock.Instant?
        var rest: Rest?

        mutating func takeWaiters() -> [Waiter] {
            defer { waiters = [] }
            return waiters
        }
    }

    /// What a run that ended early has left.
    private struct Rest {
        /// The last that was compared.
        var position: BucketPath
        /// What the comparison took so far.
        var time: Duration
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

    var isRunning: Bool { state.withLock { $0.isRunning } }

    /// When the next run may begin, as seen from now.
    var timeToNextRun: Duration {
        let now = now()
        return state.withLock { state in
            guard let next = state.next, state.rest == nil else { return .zero }
            return max(.zero, next - now)
        }
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
                var rest: Rest?
                if let next = state.next, now < next {
                    guard let left = state.rest else { return false }
                    rest = left
                }
                state.rest = nil
                state.isRunning = true
                Task { [rest] in await self.compare(from: rest, since: now) }
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
    private func compare(from rest: Rest?, since start: ContinuousClock.Instant) async {
        do {
            var position = rest?.position
            while true {
                let page = try await ledger.files(prefix: "", after: position, limit: Self.pageSize)
                let presence = page.isEmpty ? [] : try await files.present(page)
                guard page.count == Self.pageSize, let last = page.last?.path else { break }
                tell(.success(.compared(hasReleased: presence.contains(.gone))))
                if endsEarly(at: last, after: rest, since: start) { return }
                position = last
            }
            end(with: .success(.over), after: rest, since: start)
        } catch {
            end(with: .failure(error), after: rest, since: start)
        }
    }

    /// Ends the run if nobody waits for it any more: who waits is a caller, and none comes in between.
    private func endsEarly(at position: BucketPath, after rest: Rest?, since start: ContinuousClock.Instant) -> Bool {
        let now = now()
        return state.withLock { state in
            guard state.callers == 0 else { return false }
            state.rest = Rest(position: position, time: Self.over(&state, now, after: rest, since: start))
            return true
        }
    }

    private func end(
        with outcome: Result<Progress, any Error>,
        after rest: Rest?,
        since start: ContinuousClock.Instant
    ) {
        let now = now()
        let waiters = state.withLock { state in
            _ = Self.over(&state, now, after: rest, since: start)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume(with: outcome) }
    }

    /// Returns what the comparison took so far.
    private static func over(
        _ state: inout State,
        _ now: ContinuousClock.Instant,
        after rest: Rest?,
        since start: ContinuousClock.Instant
    ) -> Duration {
        let time = (rest?.time ?? .zero) + (now - start)
        state.isRunning = false
        state.next = now + time * pause
        return time
    }

    private func tell(_ progress: Result<Progress, any Error>) {
        for waiter in state.withLock({ $0.takeWaiters() }) { waiter.resume(with: progress) }
    }
}
