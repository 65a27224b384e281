import Digests
import Ingest

/// SHA-256 over bytes as they pass.
struct ContentHasher: Sendable {
    private var digest = StreamingDigest(.sha256)

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        digest.update(bytes)
    }

    func finish() -> SHA256Digest {
        guard let digest = SHA256Digest(digest.finalize().bytes) else { preconditionFailure("SHA-256 has 32 bytes") }
        return digest
    }
}
