import Digests
import Ingest
import Threading

/// Hashes on an I/O thread, which may be kept busy, what is not written.
actor BodyHasher: ContentHashing {
    private var digests: StreamingDigests
    private let executor: IOExecutor

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ algorithms: Set<DigestAlgorithm>, on executor: IOExecutor) {
        digests = StreamingDigests(algorithms)
        self.executor = executor
    }

    func update(_ bytes: ArraySlice<UInt8>) {
        digests.update(bytes)
    }

    func finalize() -> [DigestAlgorithm: Digest] {
        digests.finalize()
    }
}
