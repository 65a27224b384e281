import Ingest
import IngestTesting
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct AdoptionTests {
    private func file(_ path: String, modificationTime: Int64 = 7_000_000) -> AdoptedFile {
        AdoptedFile(
            path: BucketPath(recorded: Array(path.utf8)),
            identity: FileIdentity(inode: 1, birthTime: 2, size: 30, modificationTime: modificationTime),
            digest: someDigest
        )
    }

    @Test func anAdoptedFileIsPublishedWithTheJobsOfAnUpload() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        #expect(try await ledger.database.adopt([file("d/a")]) == 1)
        let found = try #require(try await ledger.database.file(at: file("d/a").path))
        #expect(found.state == .published)
        #expect(found.identity == file("d/a").identity && found.digest == someDigest)
        #expect(found.createdAt == Timestamp(milliseconds: 7))
        #expect(found.contentType == nil && found.originalName == nil && found.generation == 1)
        #expect(try await ledger.jobs(of: found).map(\.state) == [.ready, .ready])
        #expect(ledger.readySignals.withLock { $0 } == 1)
        #expect(try await ledger.events() == ["file.published d/a"])
        #expect(try await ledger.database.storedBytes() == 30)
        try await ledger.close()
    }

    @Test func whatHasARecordIsPassedOver() async throws {
        let ledger = try await TestLedger()
        let held = try await ledger.publish("held")
        let publishing = try await ledger.database.recordPublication([newFile("publishing")])[0]
        let gone = try await ledger.publish("gone")
        try await ledger.database.markGone([gone.id])
        #expect(try await ledger.database.adopt(["held", "publishing", "gone", "new"].map { file($0) }) == 2)
        #expect(try await ledger.database.file(at: held.path)?.id == held.id)
        #expect(try await ledger.state(of: publishing) == .publishing)
        #expect(try await ledger.database.file(at: gone.path)?.generation == 2)
        #expect(try await ledger.state(of: gone) == .gone)
        try await ledger.close()
    }

    @Test func numbersThatALostLedgerGaveDoNotComeAgain() async throws {
        let ledger = try await TestLedger()
        try await ledger.database.skipNumbers(through: 5000)
        let first = try await ledger.publish("a")
        #expect(first.id == FileID(5001))
        #expect(try await ledger.jobs(of: first).map(\.id) == [JobID(5001)])
        try await ledger.database.skipNumbers(through: 10)
        let second = try await ledger.publish("b")
        #expect(second.id == FileID(5002))
        #expect(try await ledger.jobs(of: second).map(\.id) == [JobID(5002)])
        try await ledger.close()
    }
}
