import Metrics

/// What is counted of uploads; labels come from closed sets only.
struct UploadMetrics: Sendable {
    private let received = Counter(label: "bucketd_upload_received_bytes_total")
    private let storedFiles = Counter(label: "bucketd_uploads_total", dimensions: [("outcome", "stored")])
    private let storedBytes = Counter(label: "bucketd_stored_bytes_total")
    private let duration = Timer(label: "bucketd_upload_duration_seconds")
    private let failures: [IngestError.Code: Counter]
    private let otherFailures = Counter(label: "bucketd_uploads_total", dimensions: [("outcome", "failed")])

    init() {
        failures = Dictionary(
            uniqueKeysWithValues: IngestError.Code.allCases.map { code in
                (code, Counter(label: "bucketd_uploads_total", dimensions: [("outcome", code.rawValue)]))
            }
        )
    }

    func received(bytes: Int) {
        received.increment(by: bytes)
    }

    func stored(bytes: Int64, after time: Duration) {
        storedFiles.increment()
        storedBytes.increment(by: bytes)
        duration.record(duration: time)
    }

    func failed(_ error: any Error) {
        let counter = (error as? IngestError).flatMap { failures[$0.code] } ?? otherFailures
        counter.increment()
    }
}
