package import Ingest
package import Jobs

/// Looks through the bucket for files that others put there.
package struct ScanTask: PostProcessingTask {
    package static let kind = JobKind("scan")

    package let description = TaskDescription(
        kind: kind,
        isPeriodic: true,
        job: PlannedJob(kind: kind, maxAttempts: 1, priority: 200)
    )
    package let concurrency = 1
    package let retryPolicy = RetryPolicy.local
    package let deadline = Duration.seconds(24 * 3600)

    private let scan: @Sendable () async throws -> Void

    /// `scan` goes through the bucket once, must not block its thread, and must end soon when cancelled.
    package init(scan: @escaping @Sendable () async throws -> Void) {
        self.scan = scan
    }

    package func run(_ work: JobWork) async throws -> TaskOutcome {
        try await scan()
        return .done()
    }
}
