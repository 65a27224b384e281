package import Ingest
package import Logging
import ServiceLifecycle

/// Reads depth and age of the queue for the metrics, now and then.
package struct QueueSampler: Service {
    private let queue: any JobQueue
    private let metrics: JobMetrics
    private let wallClock: any WallClock
    private let clock: any Clock<Duration>
    private let interval: Duration
    private let logger: Logger

    package init(
        queue: any JobQueue,
        metrics: JobMetrics,
        wallClock: any WallClock,
        clock: any Clock<Duration> = ContinuousClock(),
        interval: Duration = .seconds(15),
        logger: Logger
    ) {
        self.queue = queue
        self.metrics = metrics
        self.wallClock = wallClock
        self.clock = clock
        self.interval = interval
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sample()
                do { try await clock.sleep(for: interval) } catch { return }
            }
        }
    }

    /// Reads the queue once; also for a scrape that wants fresh numbers.
    package func sample() async {
        do {
            metrics.record(try await queue.depth(), at: wallClock.now())
        } catch {
            logger.warning("queue depth not read", metadata: ["error": "\(error)"])
        }
    }
}
