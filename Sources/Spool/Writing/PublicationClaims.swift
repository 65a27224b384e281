import Ingest
import Threading

/// The uploads whose publication is under way: nobody else may touch their spool files.
final class PublicationClaims: Sendable {
    private let uploads = Locked<Set<UploadID>>([])

    func claim(_ ids: [UploadID]) {
        uploads.withLock { $0.formUnion(ids) }
    }

    func release(_ ids: [UploadID]) {
        uploads.withLock { $0.subtract(ids) }
    }

    func isClaimed(_ id: UploadID) -> Bool {
        uploads.withLock { $0.contains(id) }
    }
}
