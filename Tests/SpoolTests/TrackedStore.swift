import Digests
import Ingest
import Spool
import Threading

/// The spool on a disk without end, and the uploads that were begun there.
final class TrackedStore: UploadStore {
    private let spool: FileSpool
    private let begun = Locked<[any UploadWriting]>([])

    init(_ spool: FileSpool) {
        self.spool = spool
    }

    var writers: [any UploadWriting] { begun.withLock { $0 } }

    func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) throws -> any UploadWriting {
        let writer = try spool.create(id, expectedLength: expectedLength, digests: digests)
        begun.withLock { $0.append(writer) }
        return writer
    }

    func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing { spool.hasher(algorithms) }

    func space() async throws -> FilesystemSpace {
        FilesystemSpace(available: 1 << 40, total: 1 << 40, availableInodes: 1 << 20)
    }
}
