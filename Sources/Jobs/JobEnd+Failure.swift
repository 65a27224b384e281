import Ingest

extension JobEnd {
    /// How many deaths of its own helper a job may cause before it is taken for poison.
    static let maxHelperDeaths = 3

    /// What a failed run means for its job, `job` being as it was claimed: this run's attempt is counted in it.
    init(
        _ failure: TaskFailure,
        of job: Job,
        policy: RetryPolicy,
        now: Timestamp
    ) {
        let helperDied = failure.code == .crash
        switch failure.code {
        case .permanent:
            self = .dead(error: failure.message, helperDied: false)
        case .snooze(let time):
            self = .retry(
                error: failure.message,
                runAt: now.advanced(by: time),
                countsAttempt: false,
                helperDied: false
            )
        case .crash where job.helperDeaths + 1 >= Self.maxHelperDeaths:
            self = .dead(
                error: "\(failure.message) Its helper died \(Self.maxHelperDeaths) times.",
                helperDied: true
            )
        case .crash, .transient:
            if job.attempt >= job.maxAttempts {
                self = .dead(error: failure.message, helperDied: helperDied)
            } else {
                let wait = policy.delay(after: job.attempt)
                self = .retry(
                    error: failure.message,
                    runAt: now.advanced(by: wait),
                    countsAttempt: true,
                    helperDied: helperDied
                )
            }
        }
    }
}
