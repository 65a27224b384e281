import Ingest
import Threading

extension MemoryBucket: UploadStore {
    func create(_ id: UploadID, expectedLength: Int64?) async throws -> any UploadWriting {
        state.withLock { $0.spool[id] = [] }
        return MemoryWriter(id: id, bucket: self)
    }

    func space() async throws -> FilesystemSpace {
        FilesystemSpace(available: 1 << 40, total: 1 << 41, availableInodes: 1 << 20)
    }
}

struct MemoryWriter: UploadWriting {
    let id: UploadID
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
        return SealedUpload(
            id: id,
            identity: MemoryBucket.identity(of: bytes, number: 7),
            digest: MemoryBucket.digest(of: bytes)
        )
    }

    func discard() async {
        bucket.state.withLock { $0.spool[id] = nil }
    }
}
