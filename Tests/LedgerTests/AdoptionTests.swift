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

    @Test func theRowThatAFileSupplantsIsGone() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("replaced")
        let deleting = try await ledger.publish("deleting")
        _ = try await ledger.database.beginDeletion(of: deleting.id)
        let other = try await ledger.publish("other")
        var files = ["replaced", "deleting", "other"].map { file($0) }
        (files[0].supplants, files[1].supplants, files[2].supplants) = ([old.id], [deleting.id], [old.id])
        #expect(try await ledger.database.adopt(files) == 2)
        #expect(try await ledger.state(of: old) == .gone)
        #expect(try await ledger.state(of: deleting) == .deleted)
        for path in [old.path, deleting.path] {
            let found = try #require(try await ledger.database.file(at: path))
            #expect(found.state == .published && found.generation == 2)
        }
        // Another row holds the path than the one that was looked at.
        #expect(try await ledger.database.file(at: other.path)?.id == other.id)
        try await ledger.close()
    }

    @Test func aPublicationThatAFileSupplantsIsGoneWithWhatItReplaced() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("a")
        let new = try await ledger.database.recordPublication([newFile("a", replaces: old.id)])[0]
        var file = file("a")
        file.supplants = [old.id]
        #expect(try await ledger.database.adopt([file]) == 0)
        #expect(try await ledger.state(of: new) == .publishing)
        file.supplants = [old.id, new.id]
        #expect(try await ledger.database.adopt([file]) == 1)
        #expect(try await ledger.state(of: old) == .superseded)
        #expect(try await ledger.state(of: new) == .gone)
        #expect(try await ledger.database.file(at: file.path)?.generation == 3)
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
