package import Ingest
import Threading

/// A clock and a time of day that stand still until a test moves them, together.
package final class ManualTime: Clock {
    package struct Instant: InstantProtocol {
        package var offset: Duration

        package func advanced(by duration: Duration) -> Self { Self(offset: offset + duration) }
        package func duration(to other: Self) -> Duration { other.offset - offset }
        package static func < (left: Self, right: Self) -> Bool { left.offset < right.offset }
    }

    private struct Sleeper {
        let deadline: Instant
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var lastSleeper = 0
        var sleepers: [Int: Sleeper] = [:]
    }

    private let start: Timestamp
    private let state = Locked(State())

    package init(start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) {
        self.start = start
    }

    package var now: Instant { state.withLock { $0.now } }
    package var minimumResolution: Duration { .nanoseconds(1) }
    package var wallClock: any WallClock { TimeOfDay(time: self) }

    private struct TimeOfDay: WallClock {
        let time: ManualTime
        func now() -> Timestamp { time.start.advanced(by: time.now.offset) }
    }

    package func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let number = state.withLock { state in
            state.lastSleeper += 1
            return state.lastSleeper
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if Task.isCancelled { return .failure(CancellationError()) }
                    if deadline <= state.now { return .success(()) }
                    state.sleepers[number] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let answer {
                    continuation.resume(with: answer)
                }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: number) }?.continuation
                .resume(throwing: CancellationError())
        }
    }

    /// Moves the time and wakes who slept long enough.
    package func advance(by duration: Duration) {
        let due = state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for number in due.keys {
                state.sleepers[number] = nil
            }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due {
            sleeper.continuation.resume()
        }
    }

    /// How long those who sleep still will.
    package var sleeps: [Duration] {
        state.withLock { state in state.sleepers.values.map { $0.deadline.offset - state.now.offset }.sorted() }
    }

    /// Waits until somebody sleeps for just so long.
    package func sleep(of duration: Duration) async throws {
        while !sleeps.contains(duration) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}
