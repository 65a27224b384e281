import Ingest
import Metrics

/// How full the bucket is, and whether the daemon takes uploads: what nobody counts as it goes, looked up for each scrape.
struct StorageMetrics: Sendable {
    private let build = Gauge(label: "bucketd_build_info", dimensions: [("version", Version.current)])
    private let size = Gauge(label: "bucketd_filesystem_size_bytes")
    private let available = Gauge(label: "bucketd_filesystem_available_bytes")
    private let floor = Gauge(label: "bucketd_filesystem_floor_bytes")
    private let inodes = Gauge(label: "bucketd_filesystem_inodes")
    private let availableInodes = Gauge(label: "bucketd_filesystem_available_inodes")
    private let stored = Gauge(label: "bucketd_bucket_stored_bytes")
    private let quota = Gauge(label: "bucketd_bucket_quota_bytes")
    private let inFlight = Gauge(label: "bucketd_uploads_in_flight")
    private let isHealthy = Gauge(label: "bucketd_healthy")

    init() {
        build.record(1)
    }

    /// What cannot be looked up keeps its last value.
    func update(_ intake: UploadIntake, _ store: any UploadStore, _ ledger: any FileLedger, _ health: Health) async {
        isHealthy.record(health.reason == nil ? 1 : 0)
        inFlight.record(intake.uploadsInFlight)
        quota.record(Double(intake.limits.quota))
        if let space = try? await store.space() {
            size.record(Double(space.total))
            available.record(Double(space.available))
            floor.record(Double(intake.limits.floor(of: space)))
            inodes.record(Double(space.totalInodes))
            availableInodes.record(Double(space.availableInodes))
        }
        if let bytes = try? await ledger.storedBytes() { stored.record(Double(bytes)) }
    }
}
