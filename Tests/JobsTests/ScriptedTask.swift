import Ingest
import Jobs

/// A task that does what a test says.
struct ScriptedTask: PostProcessingTask {
    let description: TaskDescription
    let concurrency: Int
    let retryPolicy = RetryPolicy(base: .seconds(10), cap: .seconds(60))
    let deadline: Duration
    private let body: @Sendable (JobWork) async throws -> TaskOutcome

    init(
        _ kind: String = "work",
        isPeriodic: Bool = false,
        maxAttempts: Int = 3,
        priority: Int = 100,
        concurrency: Int = 2,
        deadline: Duration = .seconds(1000),
        _ body: @escaping @Sendable (JobWork) async throws -> TaskOutcome = { _ in .done() }
    ) {
        let kind = JobKind(kind)
        description = TaskDescription(
            kind: kind,
            isPeriodic: isPeriodic,
            job: PlannedJob(kind: kind, maxAttempts: maxAttempts, priority: priority)
        )
        self.concurrency = concurrency
        self.deadline = deadline
        self.body = body
    }

    func run(_ work: JobWork) async throws -> TaskOutcome {
        try await body(work)
    }
}
