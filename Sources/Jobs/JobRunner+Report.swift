import Ingest
import Logging

extension JobRunner {
    /// Names job, file and upload in its metadata.
    func logger(of claim: JobClaim) -> Logger {
        var logger = logger
        logger[metadataKey: "job.id"] = "\(claim.job.id.rawValue)"
        logger[metadataKey: "job.kind"] = "\(claim.job.kind)"
        logger[metadataKey: "job.attempt"] = "\(claim.job.attempt)"
        if let file = claim.file {
            logger[metadataKey: "file.id"] = "\(file.id.rawValue)"
            logger[metadataKey: "file.path"] = "\(file.path)"
            logger[metadataKey: "upload.id"] = "\(file.upload)"
        }
        return logger
    }

    /// Counts and logs the end of one attempt: one line, whatever came of it.
    func record(
        _ result: JobSettlement.Result,
        of job: Job,
        interrupted: Bool,
        after time: Duration,
        logger: Logger
    ) {
        let outcome: JobMetrics.Outcome
        var helperDied = false
        let took = Logger.MetadataValue.stringConvertible(time)
        switch result {
        case .ended(.done(let text, _)):
            outcome = .done
            logger.debug("job done", metadata: ["job.result": "\(text ?? "")", "job.time": took])
        case .ended(.retry(let error, let runAt, let countsAttempt, let died)):
            outcome = interrupted ? .interrupted : .retry
            helperDied = died
            let wait = runAt.milliseconds - ports.wallClock.now().milliseconds
            logger.log(
                level: countsAttempt ? .warning : .info,
                "job to be run again",
                metadata: ["error": "\(error)", "job.time": took, "job.wait_ms": "\(wait)"]
            )
        case .ended(.dead(let error, let died)):
            outcome = .dead
            helperDied = died
            logger.error("job dead", metadata: ["error": "\(error)", "job.time": took])
        case .ended(.cancelled(let reason)):
            outcome = .cancelled
            logger.info("job cancelled", metadata: ["job.reason": "\(reason)", "job.time": took])
        case .lost:
            outcome = .lost
            logger.info("job was taken away while it ran", metadata: ["job.time": took])
        case .unreported:
            outcome = .lost
            logger.error("job left for the next start", metadata: ["job.time": took])
        }
        ports.metrics.ended(job, outcome, after: time, helperDied: helperDied)
    }
}
