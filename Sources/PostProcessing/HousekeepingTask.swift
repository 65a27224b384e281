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

    /// Derived files first, then the rows that tell of them; a row whose derived files cannot be removed stays for the
    /// next run.
    private func pruneFiles(endedBefore moment: Timestamp, _ logger: Logger) async throws -> Int {
        var total = 0
        var kept: [FileID] = []
        while kept.count < options.batch {
            try Task.checkCancellation()
            let files = try await ledger.prunableFiles(
                endedBefore: moment,
                excluding: kept,
                limit: options.batch
            )
            let stuck = try await removeDerived(from: files, logger)
            let free = files.filter { !stuck.contains($0.path) }
            if !free.isEmpty {
                try await ledger.pruneFiles(free.map(\.id))
            }
            total += free.count
            kept += files.filter { stuck.contains($0.path) }.map(\.id)
            guard files.count >= options.batch else { break }
        }
        return total
    }

    /// The paths for which that failed.
    private func removeDerived(from files: [FileRecord], _ logger: Logger) async throws -> Set<BucketPath> {
        var stuck: Set<BucketPath> = []
        for path in Set(files.map(\.path)) {
            do {
                try await derived.removeUnlessHeld(path)
            } catch is CancellationError {
                throw CancellationError()
            } catch {
                logger.warning("thumbnails not removed", metadata: ["file.path": "\(path)", "error": "\(error)"])
                stuck.insert(path)
            }
        }
        return stuck
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
