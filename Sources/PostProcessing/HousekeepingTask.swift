package import Ingest
package import Jobs
import Logging

/// Removes what has been kept long enough: ended jobs, rows of files that are gone with the thumbnails of these, and the
/// journal's events.
package struct HousekeepingTask: PostProcessingTask {
    package struct Options: Sendable {
        /// How long jobs are kept that ended well or were cancelled, and rows of files that are gone.
        package var retention: Duration
        package var deadRetention: Duration
        /// How long thumbnails outlive their files, at least `retention`.
        package var keepGone: Duration
        /// Rows that one transaction removes, so that uploads do not wait for long.
        package var batch: Int

        package init(
            retention: Duration = .seconds(7 * 86_400),
            deadRetention: Duration = .seconds(90 * 86_400),
            keepGone: Duration = .seconds(7 * 86_400),
            batch: Int = 500
        ) {
            precondition(batch > 0)
            self.retention = retention
            self.deadRetention = deadRetention
            self.keepGone = keepGone
            self.batch = batch
        }
    }

    package static let kind = JobKind("housekeeping")

    package let description = TaskDescription(
        kind: kind,
        isPeriodic: true,
        job: PlannedJob(kind: kind, maxAttempts: 3, priority: 200)
    )
    package let concurrency = 1
    package let retryPolicy = RetryPolicy.local
    package let deadline = Duration.seconds(3600)

    private let options: Options
    private let queue: any JobQueue
    private let ledger: any FileLedger
    private let wallClock: any WallClock
    private let derived: DerivedFiles

    package init(
        _ options: Options,
        queue: any JobQueue,
        ledger: any FileLedger,
        wallClock: any WallClock,
        derived: DerivedFiles
    ) {
        self.options = options
        self.queue = queue
        self.ledger = ledger
        self.wallClock = wallClock
        self.derived = derived
    }

    package func run(_ work: JobWork) async throws -> TaskOutcome {
        let now = wallClock.now()
        // Rows of files stay as long as they have jobs, so these go first.
        let jobs = try await pruneJobs(
            endedBefore: now.advanced(by: .zero - options.retention),
            deadBefore: now.advanced(by: .zero - options.deadRetention)
        )
        let moment = now.advanced(by: .zero - max(options.retention, options.keepGone))
        let files = try await pruneFiles(endedBefore: moment, work.logger)
        let events = try await pruneEvents(before: moment)
        return .done(result: "\(jobs) jobs, \(files) files, \(events) events")
    }

    private func pruneJobs(endedBefore moment: Timestamp, deadBefore: Timestamp) async throws -> Int {
        var total = 0
        while true {
            try Task.checkCancellation()
            let count = try await queue.pruneJobs(
                endedBefore: moment,
                deadBefore: deadBefore,
                limit: options.batch
            )
            total += count
            guard count >= options.batch else { return total }
        }
    }

    private func pruneFiles(endedBefore moment: Timestamp, _ logger: Logger) async throws -> Int {
        var total = 0
        while true {
            try Task.checkCancellation()
            let files = try await ledger.pruneFiles(endedBefore: moment, limit: options.batch)
            for path in Set(files.map(\.path)) {
                await derived.removeUnlessHeld(path, logger: logger)
            }
            total += files.count
            guard files.count >= options.batch else { return total }
        }
    }

    private func pruneEvents(before moment: Timestamp) async throws -> Int {
        var total = 0
        while true {
            try Task.checkCancellation()
            let count = try await ledger.pruneEvents(before: moment, limit: options.batch)
            total += count
            guard count > 0 else { return total }
        }
    }
}
