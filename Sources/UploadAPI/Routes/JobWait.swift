import Ingest

/// Waits for a job to end.
struct JobWait: Sendable {
    let queue: any JobQueue
    let ends: JobEnds
    /// How long an end that was announced before the wait began stays unnoticed.
    var lookAgain = Duration.seconds(1)

    /// The job when it has ended, or as it is when the time is over.
    func end(of job: Job, within limit: Duration) async throws -> Job {
        let deadline = ContinuousClock.now + limit
        var job = job
        while !job.state.isFinal, ContinuousClock.now < deadline {
            let pause = min(lookAgain, deadline - ContinuousClock.now)
            try await announcement(of: job.id, within: pause)
            // A job that retention removed had ended.
            guard let current = try await queue.job(job.id) else { break }
            job = current
        }
        return job
    }

    private func announcement(of job: JobID, within pause: Duration) async throws {
        try await withThrowingTaskGroup { group in
            group.addTask { await ends.wait(for: job) }
            group.addTask { try await Task.sleep(for: pause) }
            defer { group.cancelAll() }
            _ = try await group.next()
        }
        try Task.checkCancellation()
    }
}
