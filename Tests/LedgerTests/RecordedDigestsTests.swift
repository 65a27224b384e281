import Digests
import GRDB
import Ingest
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct RecordedDigestsTests {
    private static func digests(_ algorithms: DigestAlgorithm..., of bytes: [UInt8] = [1]) -> [DigestAlgorithm: Digest]
    {
        var digests = StreamingDigests(Set(algorithms))
        digests.update(bytes[...])
        return digests.finalize()
    }

    private func text(_ ledger: TestLedger, _ file: FileRecord) async throws -> String? {
        try await ledger.database.read { reader in
            try reader.first("SELECT digests FROM files WHERE id = ?", [file.id.rawValue])?[0]
        }
    }

    @Test func aFileIsRecordedWithWhatItsUploadComputed() async throws {
        let ledger = try await TestLedger()
        var new = newFile("a")
        new.digests = Self.digests(.md5, .crc32c)
        let recorded = try await ledger.database.recordPublication([new])[0]
        #expect(recorded.digests == new.digests)
        #expect(try await ledger.database.file(recorded.id)?.digests == new.digests)
        #expect(
            try await text(ledger, recorded)
                == #"{"md5":"55a54008ad1ba589aa210d2629c1df41","crc32c":"a016d052"}"#
        )
        try await ledger.close()
    }

    @Test func aFileWithoutThemTakesNoSpaceForThem() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        #expect(file.digests.isEmpty)
        #expect(try await text(ledger, file) == nil)
        try await ledger.close()
    }

    @Test func aJobsEndAddsDigestsToTheFile() async throws {
        let ledger = try await TestLedger()
        var new = newFile("a")
        new.digests = Self.digests(.md5, .sha1, of: [0])
        let file = try await ledger.database.recordPublication([new])[0]
        ledger.database.confirmPublication([file.id])
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(claim.file?.digests == new.digests)
        let found = Self.digests(.md5, .sha512)
        #expect(try await ledger.database.finish(claim, .done(result: "verified", digests: found)))
        let expected = new.digests.merging(found) { $1 }
        #expect(expected.keys.sorted() == [.sha512, .sha1, .md5])
        #expect(try await ledger.database.file(file.id)?.digests == expected)
        #expect(try await ledger.database.files(prefix: "", after: nil, limit: 9).map(\.digests) == [expected])
        try await ledger.close()
    }

    @Test func anEndWithoutDigestsLeavesThemAsTheyAre() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        let file = try await ledger.publish("a")
        let found = Self.digests(.md5)
        let first = try #require(try await ledger.claim("checksum").first)
        #expect(try await ledger.database.finish(first, .done(result: nil, digests: found)))
        let second = try #require(try await ledger.claim("thumbnail").first)
        #expect(try await ledger.database.finish(second, .done(result: nil)))
        #expect(try await ledger.database.file(file.id)?.digests == found)
        try await ledger.close()
    }

    @Test func aLostClaimRecordsNothing() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        _ = try await ledger.database.cancel(claim.job.id, reason: "Enough.")
        #expect(try await ledger.database.finish(claim, .done(result: nil, digests: Self.digests(.md5))) == false)
        #expect(try await ledger.database.file(file.id)?.digests.isEmpty == true)
        try await ledger.close()
    }

    @Test func theyAreThereAfterARestart() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(try await ledger.database.finish(claim, .done(result: nil, digests: Self.digests(.md5))))
        try await ledger.database.close()
        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.database.file(file.id)?.digests == Self.digests(.md5))
        try await again.close()
    }

    @Test(arguments: ["{\"md5\":\"00\"}", "{\"sha3\":\"00\"}", "[]", "{\"md5\":1}"])
    func aRowThatHoldsSomethingElseIsMalformed(text: String) async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        _ = try await ledger.database.writer.perform { transaction in
            try transaction.execute("UPDATE files SET digests = ? WHERE id = ?", [text, file.id.rawValue])
        }
        let code = await code { try await ledger.database.file(file.id) }
        #expect(code == .storageFailed)
        try await ledger.close()
    }
}
