package import Ingest
package import Logging
import ServiceLifecycle

/// Puts periodic tasks on the queue, each at its interval.
///
/// A run that still waits is not added again, so runs do not pile up. The schedule itself is not kept: a restart begins
/// it anew.
package struct Schedule: Service {
    package struct Entry: Sendable {
        package var job: PlannedJob
        /// Between two runs, of which up to a tenth is cut at random so that tasks and hosts drift apart.
        package var interval: Duration
        /// Whether the first run is at start, or after an interval.
        package var runsAtStart: Bool

        package init(job: PlannedJob, interval: Duration, runsAtStart: Bool) {
            precondition(interval > .zero)
            self.job = job
            self.interval = interval
            self.runsAtStart = runsAtStart
        }
    }

    private let entries: [Entry]
    private let queue: any JobQueue
    private let clock: any Clock<Duration>
    private let logger: Logger

    package init(
        _ entries: [Entry],
        queue: any JobQueue,
        clock: any Clock<Duration> = ContinuousClock(),
        logger: Logger
    ) {
        self.entries = entries
        self.queue = queue
        self.clock = clock
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for entry in entries {
                    group.addTask { await repeating(entry) }
                }
                // A service that returns stops the daemon.
                group.addTask { try? await gracefulShutdown() }
            }
        }
    }

    private func repeating(_ entry: Entry) async {
        var backoff = Backoff(RetryPolicy(base: .seconds(1), cap: max(.seconds(1), entry.interval)))
        var wait = entry.runsAtStart ? Duration.zero : entry.interval * Double.random(in: 0.9...1)
        while !Task.isCancelled {
            do { try await clock.sleep(for: wait) } catch { return }
            do {
                _ = try await queue.enqueue(entry.job)
                backoff.reset()
                wait = entry.interval * Double.random(in: 0.9...1)
            } catch {
                wait = backoff.next()
                logger.warning(
                    "periodic task not enqueued",
                    metadata: ["job.kind": "\(entry.job.kind)", "error": "\(error)"]
                )
            }
        }
    }
}
