package import Ingest
import Jobs
package import Logging
import ServiceLifecycle
import Threading

/// Looks through the bucket again and again for files that others put there, beside the jobs and never in their way.
///
/// A scan of many files takes long: the next begins after a multiple of that time, so that scans take a small part of
/// it. A stop ends a scan and does not wait for its end.
package final class BucketScanner: Service {
    private struct State {
        /// Scans that were begun, and the number of the last that ended by itself.
        var begun = 0
        var ended = 0
        /// Why the last one failed.
        var failure: String?
        /// The job that asked last, and the scan that answers it: the first that began after it asked.
        var request: (job: JobID, scan: Int)?
        var waiters: [WakeSignal] = []
    }

    private let minimum: Duration
    private let multiple: Int
    private let clock: any Clock<Duration>
    private let logger: Logger
    private let scan: @Sendable () async throws -> Void
    private let requested = WakeSignal()
    private let state = Locked(State())

    /// `scan` goes through the bucket once, must not block its thread, and should end soon when cancelled.
    ///
    /// Between two scans are `multiple` times the last one's duration, at least `minimum`.
    package init(
        minimum: Duration = .seconds(60),
        multiple: Int = 20,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger,
        scan: @escaping @Sendable () async throws -> Void
    ) {
        self.minimum = minimum
        self.multiple = multiple
        self.clock = clock
        self.logger = logger
        self.scan = scan
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                let time = await scanOnce(measuredBy: clock)
                await requested.wait(atMost: max(minimum, time * multiple), on: clock)
            }
        }
    }

    /// Whether a scan that began after the job first asked has ended by now, or does within `time`.
    ///
    /// Asks for one if need be. Throws `TaskFailure` if that scan failed; asked again, there is another.
    package func hasScanned(for job: JobID, waitingAtMost time: Duration) async throws -> Bool {
        let ended = WakeSignal()
        let isToBegin = state.withLock { state in
            if state.request?.job != job {
                state.request = (job, state.begun + 1)
            }
            state.waiters.append(ended)
            return state.request.map { $0.scan > state.begun } ?? false
        }
        defer { state.withLock { $0.waiters.removeAll { $0 === ended } } }
        if isToBegin {
            requested.raise()
        }
        if try takeResult(for: job) { return true }
        await ended.wait(atMost: time, on: clock)
        return try takeResult(for: job)
    }

    private func takeResult(for job: JobID) throws(TaskFailure) -> Bool {
        let (isThere, failure) = state.withLock { state in
            guard let request = state.request, request.job == job, request.scan <= state.ended else {
                return (false, String?.none)
            }
            state.request = nil
            return (true, state.failure)
        }
        if let failure {
            throw TaskFailure(.transient, failure)
        }
        return isThere
    }

    /// How long it took; returns at once when it is cancelled.
    private func scanOnce<C: Clock<Duration>>(measuredBy clock: C) async -> Duration {
        let number = state.withLock { state in
            state.begun += 1
            return state.begun
        }
        let begin = clock.now
        let ended = WakeSignal()
        // A task of its own: it may be in a call that blocks, and nobody is to wait for that.
        let scanning = Task { [scan] in
            defer { ended.raise() }
            try await scan()
        }
        guard await ended.wait() else {
            scanning.cancel()
            return .zero
        }
        let result = await scanning.result
        let time = begin.duration(to: clock.now)
        conclude(number, result, after: time)
        return time
    }

    private func conclude(_ number: Int, _ result: Result<Void, any Error>, after time: Duration) {
        let metadata: Logger.Metadata = ["scan.time": .stringConvertible(time)]
        var failure: String?
        switch result {
        case .success:
            logger.debug("bucket scanned", metadata: metadata)
        case .failure(let error):
            logger.warning("bucket not scanned", metadata: metadata.merging(["error": "\(error)"]) { $1 })
            failure = (error as? IngestError)?.message ?? "The bucket could not be scanned."
        }
        let waiters = state.withLock { state in
            state.ended = number
            state.failure = failure
            return state.waiters
        }
        for waiter in waiters {
            waiter.raise()
        }
    }
}
