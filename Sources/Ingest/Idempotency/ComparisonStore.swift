import Digests

/// A spool that keeps nothing, for uploads that are only to be compared with what is there: it hashes them.
final class ComparisonStore: UploadStore {
    private let base: any UploadStore

    init(_ base: any UploadStore) {
        self.base = base
    }

    func create(
        _ id: UploadID,
        expectedLength: Int64?,
        digests: Set<DigestAlgorithm>
    ) throws -> any UploadWriting {
        ComparisonWriter(id, hasher: base.hasher(digests.union([.sha256])))
    }

    func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing { base.hasher(algorithms) }

    /// Without bounds, as nothing is stored.
    func space() async throws -> FilesystemSpace {
        FilesystemSpace(available: .max, total: 0, availableInodes: 0)
    }
}

private actor ComparisonWriter: UploadWriting {
    private let id: UploadID
    private let hasher: any ContentHashing
    private var size: Int64 = 0

    init(_ id: UploadID, hasher: any ContentHashing) {
        self.id = id
        self.hasher = hasher
    }

    func append(_ bytes: ArraySlice<UInt8>) async throws -> Int64 {
        size += Int64(bytes.count)
        await hasher.update(bytes)
        return size
    }

    func seal() async throws -> SealedUpload {
        var digests = await hasher.finalize()
        guard let digest = digests.removeValue(forKey: .sha256).flatMap({ SHA256Digest($0.bytes) }) else {
            throw IngestError(.storageFailed, "The upload was not hashed.")
        }
        let identity = FileIdentity(inode: 0, birthTime: 0, size: size, modificationTime: 0)
        return SealedUpload(id: id, identity: identity, digest: digest, digests: digests)
    }

    func discard() async {}
}
