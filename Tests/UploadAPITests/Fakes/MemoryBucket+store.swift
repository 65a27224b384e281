import Digests
import Ingest
import Threading

extension MemoryBucket: ResumableStore {
    func resume(_ id: UploadID, at offset: Int64, digests: Set<DigestAlgorithm>) async throws -> any ResumableWriting {
        state.withLock { $0.spool[id] = Array(($0.spool[id] ?? []).prefix(Int(offset))) }
        return MemoryWriter(id: id, digests: digests, bucket: self, secured: offset)
    }

    func read(_ id: UploadID, at offset: Int64, count: Int) async throws -> [UInt8] {
        state.withLock { Array(($0.spool[id] ?? []).dropFirst(Int(offset)).prefix(count)) }
    }

    func remove(_ id: UploadID) async {
        state.withLock { $0.spool[id] = nil }
    }

    func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) throws -> any UploadWriting {
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

final class MemoryWriter: ResumableWriting {
    let id: UploadID
    let digests: Set<DigestAlgorithm>
    let bucket: MemoryBucket
    private let secured: Locked<Int64>

    init(id: UploadID, digests: Set<DigestAlgorithm>, bucket: MemoryBucket, secured: Int64 = 0) {
        self.id = id
        self.digests = digests
        self.bucket = bucket
        self.secured = Locked(secured)
    }

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

    func secure() async throws -> Int64 {
        let length = bucket.state.withLock { Int64($0.spool[id]?.count ?? 0) }
        secured.withLock { $0 = length }
        return length
    }

    func rollBack() async throws -> Int64 {
        let length = secured.withLock { $0 }
        bucket.state.withLock { $0.spool[id] = Array(($0.spool[id] ?? []).prefix(Int(length))) }
        return length
    }

    func rest() async {}

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
