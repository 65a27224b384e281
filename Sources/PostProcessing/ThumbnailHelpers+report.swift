import Glibc
import Logging
import Metrics

extension ThumbnailHelpers {
    /// Counts and logs a helper that was started in the place of `former`.
    nonisolated func report(_ helper: ThumbnailHelperProcess, after former: ThumbnailHelperProcess?) {
        guard helper.pid != former?.pid else { return }
        Counter(label: "bucketd_thumbnail_helper_starts_total").increment()
        logger.info(
            "Thumbnail helper started",
            metadata: ["helper.pid": "\(helper.pid)", "helper.isolation": "\(helper.isolation)"]
        )
    }

    /// Counts a call, and logs what an operator must know.
    nonisolated func report(
        _ end: ThumbnailHelperCall.End,
        after former: ThumbnailHelperProcess?,
        took duration: Duration
    ) {
        if let helper = end.helper {
            report(helper, after: former)
        }
        let outcome =
            switch end.result {
            case .success(nil): "cancelled"
            case .success(.rendered): "rendered"
            case .success(.notApplicable): "notApplicable"
            case .success(.refused(let refusal)): refusal.reason.rawValue
            case .failure(let error): error.code.rawValue
            }
        Counter(label: "bucketd_thumbnail_renders_total", dimensions: [("outcome", outcome)]).increment()
        Timer(label: "bucketd_thumbnail_render_seconds").recordNanoseconds(duration.milliseconds * 1_000_000)
        if case .failure(let error) = end.result, error.signal == Int(SIGSYS) {
            logger.critical("An image's decoder tried what its sandbox forbids", metadata: ["error": "\(error)"])
        }
    }
}
