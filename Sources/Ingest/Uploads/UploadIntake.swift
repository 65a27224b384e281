package import Logging

/// The one way in: every protocol's uploads pass here, under the same limits, digests, durability and jobs.
package final class UploadIntake: Sendable {
    let store: any UploadStore
    let files: any BucketFiles
    package let limits: IngestLimits
    let admission: Admission
    let metrics: UploadMetrics
    let health: Health

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
        admission = Admission(
            store: store,
            ledger: ledger,
            limits: limits,
            release: QuotaRelease(ledger: ledger, files: files)
        )
        metrics = UploadMetrics()
    }

    /// The same intake under other limits; uploads in flight keep theirs.
    package init(_ other: UploadIntake, limits: IngestLimits) {
        store = other.store
        files = other.files
        self.limits = limits
        health = other.health
        admission = Admission(other.admission, limits: limits)
        metrics = other.metrics
    }

    /// An intake for uploads that are only to be hashed: as many at a time as `intake` has places, and without bounds of
    /// space.
    init(comparingFor intake: UploadIntake) {
        store = ComparisonStore(intake.store)
        files = intake.files
        limits = intake.limits.withoutSpace
        health = intake.health
        admission = Admission(comparingFor: intake.admission, store: store, limits: limits)
        metrics = intake.metrics
    }

    /// Requests that bring files and are under way now.
    package var uploadsInFlight: Int { admission.uploadsInFlight }

    /// What would forbid an upload of any size now, whoever sends it, as far as disk and ledger can tell.
    package func obstacles() async -> [IngestError] {
        do {
            return try await admission.obstacles()
        } catch {
            return [
                error as? IngestError ?? IngestError(.storageFailed, "The bucket's filesystem cannot be looked at.")
            ]
        }
    }

    /// Opens a batch: the uploads of one request, published together or not at all.
    ///
    /// Admits the request, before anything of its body is read: `body` is its length where it is declared, `claim` how
    /// many bytes of it are files for sure, `replaced` the name whose file its only file is to replace. Throws the limit
    /// that forbids it, and `.unhealthy` when the daemon can promise nothing any more.
    package func openBatch(
        body: Int64? = nil,
        claim: Int64 = 0,
        replacing replaced: BucketPath? = nil,
        from source: UploadSource = .local,
        logger: @autoclosure @escaping () -> Logger
    ) async throws -> UploadBatch {
        do {
            try health.requireHealthy()
            let promise = Promise(admission, replacing: replaced, from: source)
            try await promise.admit(body: body, claim: claim)
            return UploadBatch(intake: self, promise: promise, logger: logger)
        } catch {
            metrics.failed(error)
            throw error
        }
    }

    /// Counts and logs a file that is safe.
    func stored(_ file: PublishedFile, of upload: UploadID, since began: ContinuousClock.Instant, _ logger: Logger) {
        let record = file.record
        metrics.stored(bytes: record.identity.size, after: ContinuousClock.now - began)
        logger.info(
            "file stored",
            metadata: [
                "upload.id": "\(upload)", "file.id": "\(record.id.rawValue)", "file.path": "\(record.path)",
                "file.size": "\(record.identity.size)",
                "file.sha256": "\(record.digest)",
            ]
        )
    }

    /// Counts a request that was refused before it had a batch.
    package func refused(because reason: any Error) {
        metrics.failed(reason)
    }
}
