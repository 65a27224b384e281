import Digests
import Ingest
import Threading

extension MemoryBucket: UploadStore {
    func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) async throws -> any UploadWriting {
        state.withLock { $0.spool[id] = [] }
        return MemoryWriter(id: id, digests: digests, bucket: self)
    }

    func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing {
        MemoryHasher(algorithms, bucket: self)
    }

    func space() async throws -> FilesystemSpace {
        FilesystemSpace(available: 1 << 40, total: 1 << 41, availableInodes: 1 << 20)
    }
}

struct MemoryWriter: UploadWriting {
    let id: UploadID
    let digests: Set<DigestAlgorithm>
    let bucket: MemoryBucket

    func append(_ bytes: ArraySlice<UInt8>) async throws -> Int64 {
        bucket.state.withLock { state in
            state.spool[id]? += bytes
            state.appended.append(bytes.count)
            return Int64(state.spool[id]?.count ?? 0)
        }
    }

    func seal() async throws -> SealedUpload {
        let bytes = bucket.state.withLock { $0.spool[id] } ?? []
        var computed = StreamingDigests(digests.subtracting([.sha256]))
        computed.update(bytes[...])
        return SealedUpload(
            id: id,
            identity: MemoryBucket.identity(of: bytes, number: 7),
            digest: MemoryBucket.digest(of: bytes),
            digests: computed.finalize()
        )
    }

    func discard() async {
        bucket.state.withLock { $0.spool[id] = nil }
    }
}

actor MemoryHasher: ContentHashing {
    private var digests: StreamingDigests
    private let bucket: MemoryBucket

    init(_ algorithms: Set<DigestAlgorithm>, bucket: MemoryBucket) {
        digests = StreamingDigests(algorithms)
        self.bucket = bucket
    }

    func update(_ bytes: ArraySlice<UInt8>) {
        digests.update(bytes)
        bucket.state.withLock { $0.hashed += bytes.count }
    }

    func finalize() -> [DigestAlgorithm: Digest] { digests.finalize() }
}
