import Digests
import Ingest
import Testing
import Threading

/// Ports that keep nothing and fail on demand.
final class StoreFake: UploadStore {
    private struct State {
        var available: Int64 = 1 << 40
        var inodes: (available: Int64, total: Int64) = (1 << 20, 1 << 20)
        var discarded = 0
    }

    private let state = Locked(State())

    var available: Int64 {
        get { state.withLock { $0.available } }
        set { state.withLock { $0.available = newValue } }
    }
    var inodes: (available: Int64, total: Int64) {
        get { state.withLock { $0.inodes } }
        set { state.withLock { $0.inodes = newValue } }
    }
    var discarded: Int { state.withLock { $0.discarded } }

    func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) throws -> any UploadWriting {
        WriterFake(id: id, digests: digests) { self.state.withLock { $0.discarded += 1 } }
    }

    func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing { HasherFake(algorithms) }

    func space() async throws -> FilesystemSpace {
        let (available, inodes) = state.withLock { ($0.available, $0.inodes) }
        return FilesystemSpace(
            available: available,
            total: 1 << 40,
            availableInodes: inodes.available,
            totalInodes: inodes.total
        )
    }
}

private actor HasherFake: ContentHashing {
    private var digests: StreamingDigests

    init(_ algorithms: Set<DigestAlgorithm>) {
        digests = StreamingDigests(algorithms)
    }

    func update(_ bytes: ArraySlice<UInt8>) { digests.update(bytes) }
    func finalize() -> [DigestAlgorithm: Digest] { digests.finalize() }
}

/// Its SHA-256 is made up, the other digests are right.
private actor WriterFake: UploadWriting {
    private let id: UploadID
    private var digests: StreamingDigests
    private let onDiscard: @Sendable () -> Void
    private var size: Int64 = 0

    init(id: UploadID, digests: Set<DigestAlgorithm>, onDiscard: @escaping @Sendable () -> Void) {
        self.id = id
        self.digests = StreamingDigests(digests.subtracting([.sha256]))
        self.onDiscard = onDiscard
    }

    func append(_ bytes: ArraySlice<UInt8>) -> Int64 {
        size += Int64(bytes.count)
        digests.update(bytes)
        return size
    }

    func seal() throws -> SealedUpload {
        let identity = FileIdentity(inode: 1, birthTime: 1, size: size, modificationTime: 1)
        let digest = try #require(SHA256Digest([UInt8](repeating: 1, count: 32)))
        return SealedUpload(id: id, identity: identity, digest: digest, digests: digests.finalize())
    }

    func discard() {
        onDiscard()
    }
}

final class FilesFake: BucketFiles {
    private struct State {
        var published: [Publishable] = []
        var failure: IngestError?
        var ledger: LedgerFake?
        var looks = 0
        var lookFailure: IngestError?
        var beforeLook: @Sendable () async -> Void = {}
        var publication: @Sendable ([Publishable]) async -> Void = { _ in }
    }

    private let state = Locked(State())

    var published: [Publishable] { state.withLock { $0.published } }
    var failure: IngestError? {
        get { state.withLock { $0.failure } }
        set { state.withLock { $0.failure = newValue } }
    }

    /// Where rows of names that hold "gone" are marked when they are looked for.
    var ledger: LedgerFake? {
        get { state.withLock { $0.ledger } }
        set { state.withLock { $0.ledger = newValue } }
    }
    var looks: Int { state.withLock { $0.looks } }
    var lookFailure: IngestError? {
        get { state.withLock { $0.lookFailure } }
        set { state.withLock { $0.lookFailure = newValue } }
    }
    var beforeLook: @Sendable () async -> Void {
        get { state.withLock { $0.beforeLook } }
        set { state.withLock { $0.beforeLook = newValue } }
    }

    /// Called with what is to be published.
    var publication: @Sendable ([Publishable]) async -> Void {
        get { state.withLock { $0.publication } }
        set { state.withLock { $0.publication = newValue } }
    }

    func publish(_ uploads: [Publishable]) async throws -> [PublishedFile] {
        await publication(uploads)
        if let failure {
            throw failure
        }
        state.withLock { $0.published += uploads }
        return uploads.enumerated().map { number, upload in
            let record = FileRecord(
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
            return PublishedFile(record: record, jobs: [])
        }
    }

    func open(_ path: BucketPath) async throws -> OpenedFile { throw IngestError(.notFound, "fake") }
    func open(_ file: FileRecord) async throws -> OpenedFile? { nil }
    func isHeld(_ file: FileID) -> Bool { false }
    func releaseHeld(_ file: FileID) {}
    func remove(_ path: BucketPath, if precondition: Precondition) async throws -> FileRecord {
        throw IngestError(.notFound, "fake")
    }
    func present(_ files: [ForeignFile]) async throws -> [ForeignFile] { files }

    func present(_ files: [FileRecord]) async throws -> [FilePresence] {
        state.withLock { $0.looks += 1 }
        await beforeLook()
        if let lookFailure {
            throw lookFailure
        }
        let gone = files.filter { $0.path.description.contains("gone") }
        try await ledger?.markGone(gone.map(\.id), keepingJobsOf: [])
        return files.map { $0.path.description.contains("gone") ? .gone : .untouched }
    }
}
