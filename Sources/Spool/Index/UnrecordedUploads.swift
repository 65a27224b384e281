import Ingest
import Logging

/// Files that look like uploads and have no record: the ledger was lost, or the end of its log.
///
/// Or others copied them, with their attributes; so it is told and nothing is done.
struct UnrecordedUploads: Sendable {
    private var count = 0
    private var first: BucketPath?

    mutating func add(_ paths: [BucketPath]) {
        count += paths.count
        first = first ?? paths.first
    }

    func report(to logger: Logger) {
        guard let first else { return }
        logger.warning(
            "files without a record carry an upload's checksum: “bucketd check --repair” records them again",
            metadata: ["files": "\(count)", "file.path": "\(first)"]
        )
    }
}
