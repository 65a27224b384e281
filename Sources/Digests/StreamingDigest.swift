/// The digest of bytes that arrive one piece after the other.
///
/// A value: a copy goes its own way. Hashing takes the processor (0.5 s/GiB for SHA-256), so large pieces belong on
/// threads that may be kept busy.
package struct StreamingDigest: Sendable {
    package let algorithm: DigestAlgorithm
    private var function: any DigestFunction

    package init(_ algorithm: DigestAlgorithm) {
        self.algorithm = algorithm
        function = algorithm.makeFunction()
    }

    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        function.update(bytes)
    }

    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        bytes.withUnsafeBytes { function.update($0) }
    }

    /// The digest of all bytes so far; more may follow.
    package func finalize() -> Digest {
        Digest(algorithm: algorithm, verified: function.digestBytes())
    }
}
