import Digests
import Testing

@Suite struct DigestsTests {
    private static func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) -> Digest {
        var digest = StreamingDigest(algorithm)
        digest.update(bytes[...])
        return digest.finalize()
    }

    /// 448 bits, and 896 bits: with their padding two blocks of SHA-256 and SHA-512.
    private static let twoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
    private static let twoLongBlocks =
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"
    private static let aMillion = String(repeating: "a", count: 1_000_000)

    /// FIPS 180-4 (its examples), RFC 1321 section A.5, RFC 1952's CRC and the customary check values of CRCs.
    static let vectors: [(DigestAlgorithm, String, String)] = [
        (.sha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (.sha256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (.sha256, twoBlocks, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"),
        (.sha256, aMillion, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        (
            .sha512, "",
            "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"
                + "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
        ),
        (
            .sha512, "abc",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
        (
            .sha512, twoLongBlocks,
            "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
                + "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"
        ),
        (
            .sha512, aMillion,
            "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973eb"
                + "de0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc09b"
        ),
        (.sha1, "", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        (.sha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha1, twoBlocks, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
        (.sha1, aMillion, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
        (.md5, "", "d41d8cd98f00b204e9800998ecf8427e"),
        (.md5, "a", "0cc175b9c0f1b6a831c399e269772661"),
        (.md5, "abc", "900150983cd24fb0d6963f7d28e17f72"),
        (.md5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
        (.md5, "abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
        (.md5, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", "d174ab98d277d9f5a5611c2c9f419d9f"),
        (.md5, String(repeating: "1234567890", count: 8), "57edf4a22be3c955ac49da2e2107b67a"),
        (.crc32c, "", "00000000"),
        (.crc32c, "123456789", "e3069283"),
        (.crc32, "", "00000000"),
        (.crc32, "123456789", "cbf43926"),
        (.crc32, "The quick brown fox jumps over the lazy dog", "414fa339"),
    ]

    @Test(arguments: vectors.indices)
    func publishedVectorsAreMet(_ index: Int) {
        let (algorithm, text, hex) = Self.vectors[index]
        let digest = Self.digest(algorithm, of: Array(text.utf8))
        #expect(digest.hex == hex)
        #expect(digest.bytes.count == algorithm.byteCount)
        #expect(Digest(algorithm, hex: hex) == digest)
        #expect(Digest(algorithm, hex: hex.uppercased()) == digest)
        #expect(Digest(algorithm, base64: digest.base64) == digest)
        #expect(digest.description == "\(algorithm):\(hex)")
    }

    /// A READ(10) command PDU of iSCSI.
    private static let commandPDU: [UInt8] =
        [0x01, 0xC0, 0, 0] + Array(repeating: 0, count: 12) + [0x14, 0, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18]
        + [0x28] + Array(repeating: 0, count: 7) + [0x02] + Array(repeating: 0, count: 7)

    /// RFC 3720 appendix B.4, which lists the bytes in the order sent, the lowest first.
    @Test(arguments: [
        (commandPDU, "d9963a56"),
        (Array(repeating: UInt8(0), count: 32), "8a9136aa"),
        (Array(repeating: UInt8(0xFF), count: 32), "62a8ab43"),
        (Array(UInt8(0)..<32), "46dd794e"),
        (Array((UInt8(0)..<32).reversed()), "113fdb5c"),
    ])
    func theVectorsOfISCSIAreMet(_ bytes: [UInt8], _ hex: String) {
        #expect(Self.digest(.crc32c, of: bytes).hex == hex)
    }

    @Test func theExamplesOfDigestFieldsAreMet() {
        #expect(
            Self.digest(.sha256, of: []).fieldMember == "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"
        )
        #expect(
            Self.digest(.sha256, of: Array("hello world".utf8)).fieldMember
                == "sha-256=:uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=:"
        )
    }

    @Test(arguments: DigestAlgorithm.allCases)
    func anySplitGivesTheSameDigest(_ algorithm: DigestAlgorithm) {
        // Two blocks of the widest function and some more.
        let bytes = (0..<300).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = Self.digest(algorithm, of: bytes)
        for split in 0...bytes.count {
            var digest = StreamingDigest(algorithm)
            digest.update(bytes[..<split])
            digest.update(bytes[split...])
            #expect(digest.finalize() == whole, "split at \(split)")
        }
    }

    @Test(arguments: DigestAlgorithm.allCases, [1, 3, 8, 63, 64, 65, 127, 999])
    func piecesOfAnySizeGiveTheSameDigest(_ algorithm: DigestAlgorithm, size: Int) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        var digest = StreamingDigest(algorithm)
        for start in stride(from: 0, to: bytes.count, by: size) {
            digest.update(bytes[start..<min(start + size, bytes.count)])
            digest.update([])
        }
        digest.update(UnsafeRawBufferPointer(start: nil, count: 0))
        #expect(digest.finalize() == Self.digest(algorithm, of: bytes))
    }

    @Test(arguments: DigestAlgorithm.allCases)
    func aDigestMayGoOnAfterItWasRead(_ algorithm: DigestAlgorithm) {
        var digest = StreamingDigest(algorithm)
        digest.update(Array("ab".utf8)[...])
        var copy = digest
        #expect(digest.finalize() == Self.digest(algorithm, of: Array("ab".utf8)))
        digest.update(Array("c".utf8)[...])
        copy.update(Array("d".utf8)[...])
        #expect(digest.finalize() == Self.digest(algorithm, of: Array("abc".utf8)))
        #expect(copy.finalize() == Self.digest(algorithm, of: Array("abd".utf8)))
    }

    @Test func algorithmsAreFoundByTheirNames() {
        for algorithm in DigestAlgorithm.allCases {
            #expect(DigestAlgorithm(rawValue: algorithm.rawValue) == algorithm)
            #expect(algorithm.fieldKey.map(DigestAlgorithm.init(fieldKey:)) ?? algorithm == algorithm)
            #expect(StreamingDigest(algorithm).finalize().algorithm == algorithm)
        }
        #expect(DigestAlgorithm(fieldKey: "sha") == .sha1)
        #expect(DigestAlgorithm(rawValue: "sha-256") == nil)
        #expect(DigestAlgorithm(fieldKey: "unixsum") == nil)
        #expect(DigestAlgorithm(fieldKey: "crc32") == nil)
        #expect(DigestAlgorithm.allCases.filter(\.isSecure) == [.sha512, .sha256])
        #expect(DigestAlgorithm.allCases == DigestAlgorithm.allCases.sorted())
    }

    @Test(arguments: ["", "e306928", "e30692830", "e306928g", "e3069283 ", "e306928\u{e9}"])
    func textThatIsNoHexadecimalDigestIsRefused(_ hex: String) {
        #expect(Digest(.crc32c, hex: hex) == nil)
    }

    @Test func digestsOfDifferentAlgorithmsDiffer() {
        #expect(Digest(.sha256, bytes: Array(repeating: 0, count: 20)) == nil)
        let one = Digest(.sha1, bytes: Array(repeating: 0, count: 20))
        let other = Digest(.sha1, bytes: Array(repeating: 0, count: 19) + [1])
        #expect(one != nil)
        #expect(one != other)
    }

    /// Bits that are left over do not count (RFC 9651 section 4.2.7).
    @Test(arguments: ["4waSgw==", "4waSgx=="])
    func base64IsRead(_ text: String) {
        #expect(Digest(.crc32c, base64: text)?.hex == "e3069283")
    }

    @Test(arguments: [
        "", "4waSg", "4waSgw", "4waSgw=", "4waSgw===", "4waSg===", "=4waSgw=", "4wa-gw==", "4waS gw=", "4waSgwAA", "==",
    ])
    func textThatIsNoBase64DigestIsRefused(_ text: String) {
        #expect(Digest(.crc32c, base64: text) == nil)
    }
}
