import Digests
import Ingest

/// SHA-256, and other digests that are asked for, over bytes as they pass.
///
/// A value: a copy is a snapshot to come back to.
struct ContentHasher: Sendable {
    private var digests: StreamingDigests

    init(_ digests: Set<DigestAlgorithm> = []) {
        self.digests = StreamingDigests(digests.union([.sha256]))
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digests.update(bytes)
    }

    func finish() -> SHA256Digest { finishAll().sha256 }

    /// `others` are those that were asked for, without SHA-256.
    func finishAll() -> (sha256: SHA256Digest, others: [DigestAlgorithm: Digest]) {
        var all = digests.finalize()
        guard let sha256 = all.removeValue(forKey: .sha256), let digest = SHA256Digest(sha256.bytes) else {
            preconditionFailure("SHA-256 is always computed, and has 32 bytes")
        }
        return (digest, all)
    }
}
