import Ingest
import Testing
import Threading

/// Ports that keep nothing and fail on demand.
final class StoreFake: UploadStore {
    private struct State {
        var available: Int64 = 1 << 40
        var discarded = 0
    }

    private let state = Locked(State())

    var available: Int64 {
        get { state.withLock { $0.available } }
        set { state.withLock { $0.available = newValue } }
    }
    var discarded: Int { state.withLock { $0.discarded } }

    func create(_ id: UploadID, expectedLength: Int64?) async throws -> any UploadWriting {
        WriterFake(id: id) { self.state.withLock { $0.discarded += 1 } }
    }

    func space() async throws -> FilesystemSpace {
        FilesystemSpace(available: available, total: 1 << 40, availableInodes: 1 << 20)
    }
}

private actor WriterFake: UploadWriting {
    private let id: UploadID
    private let onDiscard: @Sendable () -> Void
    private var size: Int64 = 0

    init(id: UploadID, onDiscard: @escaping @Sendable () -> Void) {
        self.id = id
        self.onDiscard = onDiscard
    }

    func append(_ bytes: ArraySlice<UInt8>) -> Int64 {
        size += Int64(bytes.count)
        return size
    }

    func seal() throws -> SealedUpload {
        let identity = FileIdentity(inode: 1, birthTime: 1, size: size, modificationTime: 1)
        let digest = try #require(SHA256Digest([UInt8](repeating: 1, count: 32)))
        return SealedUpload(id: id, identity: identity, digest: digest)
    }

    func discard() {
        onDiscard()
    }
}

final class FilesFake: BucketFiles {
    private struct State {
        var published: [Publishable] = []
        var failure: IngestError?
    }

    private let state = Locked(State())

    var published: [Publishable] { state.withLock { $0.published } }
    var failure: IngestError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    func publish(_ uploads: [Publishable]) async throws -> [FileRecord] {
        if let failure {
            throw failure
        }
        state.withLock { $0.published += uploads }
        return uploads.enumerated().map { number, upload in
            FileRecord(
                id: FileID(Int64(number)),
                path: upload.destination.path,
                generation: 1,
                state: .published,
                upload: upload.upload.id,
                identity: upload.upload.identity,
                digest: upload.upload.digest,
                contentType: nil,
                originalName: nil,
                replaces: nil,
                createdAt: Timestamp(milliseconds: 0)
            )
        }
    }

    func open(_ path: BucketPath) async throws -> OpenedFile { throw IngestError(.notFound, "fake") }
    func open(_ file: FileRecord) async throws -> OpenedFile? { nil }
    func releaseHeld(_ file: FileID) {}
    func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord {
        throw IngestError(.notFound, "fake")
    }
    func present(_ files: [ForeignFile]) async throws -> [ForeignFile] { files }

    func present(_ files: [FileRecord]) async throws -> [FilePresence] {
        files.map { $0.path.description.contains("gone") ? .gone : .untouched }
    }
}
