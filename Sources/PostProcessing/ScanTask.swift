package import Ingest
package import Jobs

/// Has the bucket looked through for files that others put there, when somebody asks for it.
///
/// The scan is the scanner's: this only waits for one that began after the job did, and steps aside while it goes on, so
/// that it takes no worker from other jobs.
package struct ScanTask: PostProcessingTask {
    package static let kind = JobKind("scan")

    package let description = TaskDescription(
        kind: kind,
        isPeriodic: true,
        job: PlannedJob(kind: kind, maxAttempts: 1, priority: 200)
    )
    package let concurrency = 1
    package let retryPolicy = RetryPolicy.local
    package let deadline = Duration.seconds(60)

    /// How long a worker is kept, which is enough for a bucket of some thousand files.
    private static let patience = Duration.seconds(1)
    private static let pause = Duration.seconds(5)

    private let scanner: BucketScanner

    package init(scanner: BucketScanner) {
        self.scanner = scanner
    }

    package func run(_ work: JobWork) async throws -> TaskOutcome {
        guard try await scanner.hasScanned(for: work.claim.job.id, waitingAtMost: Self.patience) else {
            throw TaskFailure(.snooze(Self.pause), "The bucket is being scanned.")
        }
        return .done()
    }
}
