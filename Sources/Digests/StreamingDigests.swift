/// Several digests of the same bytes, which arrive one piece after the other.
///
/// A value: a copy is a snapshot to come back to.
package struct StreamingDigests: Sendable {
    private var digests: [StreamingDigest]

    package init(_ algorithms: Set<DigestAlgorithm>) {
        digests = algorithms.sorted().map(StreamingDigest.init)
    }

    package var algorithms: Set<DigestAlgorithm> { Set(digests.map(\.algorithm)) }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        for index in digests.indices {
            digests[index].update(bytes)
        }
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { update($0) }
    }

    /// The digests of all bytes so far; more may follow.
    package func finalize() -> [DigestAlgorithm: Digest] {
        Dictionary(uniqueKeysWithValues: digests.map { ($0.algorithm, $0.finalize()) })
    }
}
