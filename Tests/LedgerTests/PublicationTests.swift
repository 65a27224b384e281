import Ingest
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct PublicationTests {
    @Test func aFormIsRecordedWholeOrNotAtAll() async throws {
        let ledger = try await TestLedger()
        let code = await code {
            try await ledger.database.recordPublication([newFile("a"), newFile("b"), newFile("a")])
        }
        #expect(code == .nameTaken)
        #expect(try await ledger.database.unfinishedFiles().isEmpty)
        #expect(try await ledger.database.storedBytes() == 0)
        #expect(try await ledger.database.depth().isEmpty)

        let files = try await ledger.database.recordPublication([newFile("b"), newFile("a")])
        #expect(files.map(\.path.description) == ["b", "a"])
        #expect(try await ledger.database.unfinishedFiles() == files)
        try await ledger.close()
    }

    @Test func whatIsRecordedComesBackAsItWas() async throws {
        let ledger = try await TestLedger()
        var new = newFile("dir/ä.jpg")
        new.originalName = "../ä.jpg"
        let recorded = try await ledger.database.recordPublication([new])[0]
        #expect(recorded.generation == 1)
        #expect(recorded.state == .publishing)
        #expect(recorded.createdAt == ledger.now)
        #expect(recorded.upload == new.upload)
        #expect(try await ledger.database.file(recorded.id) == recorded)
        #expect(try await ledger.database.file(at: new.path) == recorded)
        #expect(recorded.identity.inode == .max)
        #expect(recorded.originalName == "../ä.jpg")
        #expect(recorded.digest == someDigest)
        try await ledger.close()
    }

    @Test func confirmationMakesFileJobsAndEventVisible() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        #expect(try await ledger.database.files(prefix: "", after: nil, limit: 10).isEmpty)
        #expect(try await ledger.jobs(of: file).map(\.state) == [.blocked, .blocked])
        #expect(try await ledger.claim("checksum", "thumbnail").isEmpty)
        #expect(try await ledger.events().isEmpty)
        #expect(ledger.readySignals.withLock { $0 } == 0)

        ledger.database.confirmPublication([file.id])
        try await ledger.database.flush()
        #expect(try await ledger.state(of: file) == .published)
        #expect(try await ledger.jobs(of: file).map(\.state) == [.ready, .ready])
        #expect(try await ledger.events() == ["file.published a"])
        #expect(ledger.readySignals.withLock { $0 } == 1)
        try await ledger.close()
    }

    /// Not twice: what is under way counts with the upload, and what it replaces goes when it comes.
    @Test func storedBytesAreThoseOfTheNames() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("a", size: 100)
        _ = try await ledger.publish("b", size: 10)
        let new = try await ledger.database.recordPublication([newFile("a", size: 70, replaces: old.id)])[0]
        let other = try await ledger.database.recordPublication([newFile("c", size: 5)])[0]
        #expect(try await ledger.database.storedBytes() == 110)
        ledger.database.confirmPublication([new.id])
        #expect(try await ledger.database.storedBytes() == 80)
        try await ledger.database.flush()
        #expect(try await ledger.database.storedBytes() == 80)
        try await ledger.database.withdrawPublication([other.id])
        #expect(try await ledger.database.storedBytes() == 80)
        #expect(try await ledger.database.beginDeletion(of: new.id) != nil)
        #expect(try await ledger.database.storedBytes() == 80)
        try await ledger.database.finishDeletion(of: new.id)
        #expect(try await ledger.database.storedBytes() == 10)
        try await ledger.close()
    }

    @Test func readersSeeAConfirmationThatIsNotWrittenYet() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("a")
        let new = try await ledger.database.recordPublication([newFile("a", replaces: old.id)])[0]
        #expect(try await ledger.database.file(at: old.path)?.id == old.id)
        let commits = ledger.database.statistics.commits
        ledger.database.confirmPublication([new.id])
        #expect(try await ledger.database.file(at: old.path)?.id == new.id)
        #expect(try await ledger.state(of: new) == .published)
        #expect(ledger.database.statistics.commits == commits)
        #expect(try await ledger.database.files(prefix: "", after: nil, limit: 10).map(\.id) == [new.id])
        try await ledger.close()
    }

    @Test func aConfirmationIsWrittenInItsTimeWithoutCompany() async throws {
        let ledger = try await TestLedger(options: LedgerOptions(confirmationDelay: .milliseconds(20)))
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        let commits = ledger.database.statistics.commits
        ledger.database.confirmPublication([file.id])
        while ledger.database.statistics.commits == commits {
            await Task.yield()
        }
        #expect(try await ledger.database.read { try $0.file(file.id)?.state } == .published)
        try await ledger.close()
    }

    @Test func closingWritesWhatWasConfirmed() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        ledger.database.confirmPublication([file.id])
        try await ledger.database.close()
        #expect(await code { try await ledger.database.storedBytes() } == .stopping)
        #expect(await code { try await ledger.database.markCorrupt(file.id) } == .stopping)

        let again = try await TestLedger(in: ledger.directory)
        #expect(try await again.state(of: file) == .published)
        try await again.close()
    }

    @Test func aReplacementSupersedesAndCancels() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        let old = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        let new = try await ledger.database.recordPublication([newFile("a", replaces: old.id)])[0]
        #expect(new.generation == 2)
        #expect(new.replaces == old.id)
        #expect(try await ledger.state(of: old) == .published)
        #expect(try await ledger.database.holds(claim))

        ledger.database.confirmPublication([new.id])
        try await ledger.database.flush()
        #expect(try await ledger.state(of: old) == .superseded)
        #expect(try await ledger.database.file(at: old.path)?.id == new.id)
        #expect(try await ledger.jobs(of: old).map(\.state) == [.cancelled, .cancelled])
        #expect(try await ledger.jobs(of: old).map(\.error) == ["The file was replaced.", "The file was replaced."])
        #expect(try await ledger.database.holds(claim) == false)
        #expect(try await ledger.database.finish(claim, .done(result: nil)) == false)
        #expect(try await ledger.jobs(of: old).map(\.state) == [.cancelled, .cancelled])
        try await ledger.close()
    }

    @Test func aRowWhoseNameIsFreeOnDiskGivesWay() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("a")
        let held = try await ledger.publish("b")
        let deleting = try await ledger.publish("c")
        #expect(try await ledger.database.beginDeletion(of: deleting.id) != nil)
        let new = try await ledger.database.recordPublication(
            [newFile("a"), newFile("b"), newFile("c")],
            keepingJobsOf: [held.id]
        )
        #expect(new.map(\.record.generation) == [2, 2, 2])
        for file in new { #expect(try await ledger.jobs(of: file.record) == file.jobs) }
        #expect(new.map { $0.jobs.map(\.state) } == [[.blocked], [.blocked], [.blocked]])
        #expect(try await ledger.state(of: old) == .gone)
        #expect(try await ledger.jobs(of: old).map(\.state) == [.cancelled])
        #expect(try await ledger.state(of: held) == .gone)
        #expect(try await ledger.jobs(of: held).map(\.state) == [.ready])
        #expect(try await ledger.state(of: deleting) == .deleted)
        #expect(try await ledger.events().suffix(3) == ["file.gone a", "file.gone b", "file.deleted c"])
        try await ledger.close()
    }

    @Test func aMovedPublicationTakesAnotherName() async throws {
        let ledger = try await TestLedger()
        let there = try await ledger.publish("a (1)")
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        let moved = try await ledger.database.movePublication(file.id, to: there.path)
        #expect(moved.path == there.path)
        #expect(moved.generation == 2)
        #expect(moved.state == .publishing)
        #expect(try await ledger.state(of: there) == .gone)
        #expect(try await ledger.database.file(at: file.path) == nil)
        #expect(try await ledger.database.file(file.id) == moved)

        let other = try await ledger.database.recordPublication([newFile("b")])[0]
        #expect(await code { try await ledger.database.movePublication(other.id, to: moved.path) } == .nameTaken)
        #expect(await code { try await ledger.database.movePublication(there.id, to: file.path) } == .notFound)
        try await ledger.close()
    }

    @Test func aWithdrawnPublicationLeavesNoJobs() async throws {
        let ledger = try await TestLedger()
        let published = try await ledger.publish("p")
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        try await ledger.database.withdrawPublication([file.id, published.id])
        #expect(try await ledger.state(of: file) == .withdrawn)
        #expect(try await ledger.jobs(of: file).isEmpty)
        #expect(try await ledger.state(of: published) == .published)
        #expect(try await ledger.jobs(of: published).count == 1)
        ledger.database.confirmPublication([file.id])
        try await ledger.database.flush()
        #expect(try await ledger.state(of: file) == .withdrawn)
        #expect(try await ledger.events() == ["file.published p"])
        // The spool file may be published again.
        var again = newFile("a")
        again.upload = file.upload
        #expect(try await ledger.database.recordPublication([again])[0].generation == 2)
        try await ledger.close()
    }
}
