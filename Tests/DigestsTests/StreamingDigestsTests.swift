import Digests
import Testing

@Suite struct StreamingDigestsTests {
    private static let all = Set(DigestAlgorithm.allCases)

    private static func each(of bytes: [UInt8]) -> [DigestAlgorithm: Digest] {
        var digests: [DigestAlgorithm: Digest] = [:]
        for algorithm in DigestAlgorithm.allCases {
            var digest = StreamingDigest(algorithm)
            digest.update(bytes[...])
            digests[algorithm] = digest.finalize()
        }
        return digests
    }

    @Test func allOfThemAreThoseOfEach() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 97) }
        var digests = StreamingDigests(Self.all)
        #expect(digests.algorithms == Self.all)
        #expect(digests.finalize() == Self.each(of: []))
        digests.update(bytes[..<333])
        digests.update(bytes[333...])
        #expect(digests.finalize() == Self.each(of: bytes))
    }

    @Test func noneIsComputedUnasked() {
        var digests = StreamingDigests([])
        digests.update([1, 2, 3])
        #expect(digests.finalize().isEmpty)
        #expect(StreamingDigests([.md5]).finalize().keys.elementsEqual([.md5]))
    }

    /// What was hashed after a copy was made is undone by going back to it.
    @Test func aCopyIsASnapshot() {
        var digests = StreamingDigests(Self.all)
        digests.update(Array("ab".utf8)[...])
        let snapshot = digests
        digests.update(Array("forged".utf8)[...])
        #expect(snapshot.finalize() == Self.each(of: Array("ab".utf8)))
        digests = snapshot
        digests.update(Array("c".utf8)[...])
        #expect(digests.finalize() == Self.each(of: Array("abc".utf8)))
        #expect(snapshot.finalize() == Self.each(of: Array("ab".utf8)))
    }
}
