package import Logging

/// The one way in: every protocol's uploads pass here, under the same limits, digests, durability and jobs.
package final class UploadIntake: Sendable {
    let store: any UploadStore
    let files: any BucketFiles
    let limits: IngestLimits
    let admission: Admission
    let metrics: UploadMetrics
    private let health: Health

    package init(
        store: any UploadStore,
        files: any BucketFiles,
        ledger: any FileLedger,
        limits: IngestLimits,
        health: Health
    ) {
        self.store = store
        self.files = files
        self.limits = limits
        self.health = health
        admission = Admission(store: store, ledger: ledger, limits: limits)
        metrics = UploadMetrics()
    }

    /// Uploads that are open now.
    package var uploadsInFlight: Int { admission.uploadsInFlight }

    /// Opens a batch: the uploads of one request, published together or not at all.
    ///
    /// Throws `.unhealthy` when the daemon can promise nothing any more.
    package func openBatch(logger: Logger) throws -> UploadBatch {
        try health.requireHealthy()
        return UploadBatch(intake: self, logger: logger)
    }
}
