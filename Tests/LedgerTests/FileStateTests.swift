import GRDB
import Ingest
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct FileStateTests {
    /// A file in the state, reached by the calls that lead there.
    private func file(in state: FileState, _ ledger: TestLedger) async throws -> FileRecord {
        if state == .publishing || state == .withdrawn {
            let file = try await ledger.database.recordPublication([newFile("x")])[0]
            if state == .withdrawn { try await ledger.database.withdrawPublication([file.id]) }
            return file
        }
        let file = try await ledger.publish("x")
        switch state {
        case .superseded: _ = try await ledger.publish("x", replacing: file.id)
        case .gone: try await ledger.database.markGone([file.id])
        case .corrupt: try await ledger.database.markCorrupt(file.id)
        case .deleting, .deleted:
            #expect(try await ledger.database.beginDeletion(of: file.id) != nil)
            if state == .deleted { try await ledger.database.finishDeletion(of: file.id) }
        case .publishing, .published, .withdrawn: break
        }
        #expect(try await ledger.state(of: file) == state)
        return file
    }

    enum Change: CaseIterable {
        case confirm, withdraw, gone, corrupt, begin, finish, revoke

        func apply(to file: FileID, _ database: LedgerDatabase) async throws {
            switch self {
            case .confirm: database.confirmPublication([file])
            case .withdraw: try await database.withdrawPublication([file])
            case .gone: try await database.markGone([file])
            case .corrupt: try await database.markCorrupt(file)
            case .begin: _ = try await database.beginDeletion(of: file)
            case .finish: try await database.finishDeletion(of: file)
            case .revoke:
                // Published is what every file in these tests was before.
                try await database.revokeDeletion(PendingDeletion(file: file, formerState: .published, jobs: []))
            }
            try await database.flush()
        }

        /// Nil: refused.
        func result(from state: FileState) -> FileState? {
            switch (self, state) {
            case (.confirm, .publishing), (.revoke, .deleting): .published
            case (.withdraw, .publishing): .withdrawn
            case (.gone, .publishing), (.gone, .published), (.gone, .corrupt): .gone
            case (.corrupt, .published): .corrupt
            case (.begin, .published), (.begin, .corrupt): .deleting
            case (.finish, .deleting): .deleted
            default: nil
            }
        }
    }

    @Test(arguments: FileState.allCases, Change.allCases)
    func onlyTheLifeOfAGenerationIsAllowed(_ state: FileState, _ change: Change) async throws {
        let ledger = try await TestLedger()
        let file = try await file(in: state, ledger)
        try await change.apply(to: file.id, ledger.database)
        #expect(try await ledger.state(of: file) == change.result(from: state) ?? state)

        let held = try await ledger.database.read { reader in
            try reader.first(
                "SELECT sum(size) FROM files WHERE state IN ('publishing','published','corrupt','deleting')"
            )?[0] as Int64?
        }
        #expect(try await ledger.database.read { try $0.first("SELECT bytes FROM totals")?[0] } == held ?? 0)
        try await ledger.close()
    }

    @Test func aFileTakenAtOnceWasPublishedFirst() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        let old = try await ledger.publish("a")
        let file = try await ledger.database.recordPublication([newFile("a", replaces: old.id)])[0]
        try await ledger.database.markGone([file.id], keepingJobsOf: [file.id])
        #expect(try await ledger.state(of: old) == .superseded)
        #expect(try await ledger.state(of: file) == .gone)
        #expect(try await ledger.events().suffix(2) == ["file.published a", "file.gone a"])
        #expect(try await ledger.jobs(of: file).map(\.state) == [.ready, .ready])

        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(claim.file?.state == .gone)
        #expect(try await ledger.database.holds(claim))
        // The descriptor was let go: what waits has nothing to work on, what runs may end.
        try await ledger.database.markGone([file.id])
        #expect(try await ledger.database.finish(claim, .done(result: "ok")))
        #expect(try await ledger.jobs(of: file).map(\.state) == [.done, .ready])
        try await ledger.close()
    }

    @Test func deletionCancelsWhatRuns() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail"])
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(try await ledger.database.beginDeletion(of: file.id) != nil)
        #expect(try await ledger.jobs(of: file).map(\.state) == [.cancelled, .cancelled])
        #expect(try await ledger.database.finish(claim, .done(result: nil)) == false)
        #expect(try await ledger.database.file(at: file.path)?.state == .deleting)
        #expect(try await ledger.database.files(prefix: "", after: nil, limit: 1).isEmpty)
        #expect(try await ledger.database.beginDeletion(of: file.id) == nil)
        try await ledger.database.finishDeletion(of: file.id)
        #expect(try await ledger.database.file(at: file.path) == nil)
        try await ledger.close()
    }

    @Test(arguments: [FileState.published, .corrupt])
    func aDeletionTakenBackLeavesFileAndJobsAsTheyWere(_ state: FileState) async throws {
        let ledger = try await TestLedger(kinds: ["waiting", "running", "twice", "done"])
        let file = try await ledger.publish("a")
        if state == .corrupt { try await ledger.database.markCorrupt(file.id) }
        let done = try #require(try await ledger.claim("done").first)
        #expect(try await ledger.database.finish(done, .done(result: "ok")))
        let failed = try #require(try await ledger.claim("waiting").first)
        let later = ledger.now.advanced(by: .seconds(5))
        let retry = JobEnd.retry(error: "It failed.", runAt: later, countsAttempt: true, helperDied: false)
        #expect(try await ledger.database.finish(failed, retry))
        let running = try #require(try await ledger.claim("running").first)
        _ = try await ledger.claim("twice")
        let twin = PlannedJob(kind: JobKind("twice"), maxAttempts: 3)
        _ = try await ledger.database.enqueue([twin], for: file.id)
        let before = try await ledger.jobs(of: file)

        let deletion = try #require(try await ledger.database.beginDeletion(of: file.id))
        #expect(deletion.formerState == state)
        #expect(try await ledger.jobs(of: file).filter { $0.state == .cancelled }.count == 4)
        let signals = ledger.readySignals.withLock { $0 }
        try await ledger.database.revokeDeletion(deletion)
        #expect(try await ledger.state(of: file) == state)
        #expect(ledger.readySignals.withLock { $0 } == signals + 1)

        let after = try await ledger.jobs(of: file)
        #expect(after[0] == before[0])
        #expect(after[0].error == "It failed." && after[0].attempt == 1 && after[0].runAt == later)
        // The claim was lost with the deletion: the work is done again, and the old run does not count.
        #expect(after[1].state == .ready && after[1].attempt == 0)
        #expect(try await ledger.database.finish(running, .done(result: "late")) == false)
        let again = try #require(try await ledger.claim("running").first)
        #expect(again.token == running.token + 1 && again.job.attempt == 1)
        #expect(after[2].state == .cancelled && after[4].state == .ready)
        #expect(after[3].state == .done)
        // Taken back once, nothing is left to take back.
        try await ledger.database.revokeDeletion(deletion)
        #expect(try await ledger.database.holds(again))
        try await ledger.close()
    }

    @Test func aRestoredFileTakesItsNewIdentity() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a", size: 10)
        let identity = FileIdentity(inode: 7, birthTime: 8, size: 10, modificationTime: 9)
        try await ledger.database.renewIdentity(of: file.id, identity)
        #expect(try await ledger.database.file(file.id)?.identity == identity)
        try await ledger.database.markGone([file.id])
        try await ledger.database.renewIdentity(of: file.id, file.identity)
        #expect(try await ledger.database.file(file.id)?.identity == identity)
        try await ledger.close()
    }

    @Test func rowsGoWhenTheirTimeAndTheirJobsAreOver() async throws {
        let ledger = try await TestLedger()
        let old = try await ledger.publish("a")
        let withJobs = try await ledger.publish("b")
        let young = try await ledger.publish("c")
        let alive = try await ledger.publish("d")
        for file in [old, withJobs] { try await ledger.database.markGone([file.id]) }
        ledger.clock.advance(by: .seconds(10))
        let limit = ledger.now
        try await ledger.database.markGone([young.id])
        _ = try await ledger.database.pruneJobs(endedBefore: limit, deadBefore: limit, limit: 1)

        let prunable = try await ledger.database.prunableFiles(endedBefore: limit, excluding: [], limit: 10)
        #expect(prunable.map(\.path.description) == ["a"])
        #expect(try await ledger.database.prunableFiles(endedBefore: limit, excluding: [old.id], limit: 10).isEmpty)
        #expect(try await ledger.state(of: old) == .gone)
        // Those that may not go are left, whoever asks for it.
        try await ledger.database.pruneFiles([old, withJobs, alive].map(\.id))
        #expect(try await ledger.database.file(old.id) == nil)
        #expect(try await ledger.state(of: withJobs) == .gone)
        #expect(try await ledger.state(of: young) == .gone)
        #expect(try await ledger.state(of: alive) == .published)
        #expect(try await ledger.database.pruneEvents(before: limit, limit: 4) == 4)
        #expect(try await ledger.database.pruneEvents(before: limit, limit: 4) == 2)
        #expect(try await ledger.database.pruneEvents(before: limit, limit: 4) == 0)
        #expect(try await ledger.events() == ["file.gone c"])
        #expect(try await ledger.publish("a").id > alive.id)
        try await ledger.close()
    }

    @Test func aRevokedDeletionGivesTheFileItsJobsBack() async throws {
        let ledger = try await TestLedger(kinds: ["checksum", "thumbnail", "unwanted"])
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        let unwanted = try #require(try await ledger.jobs(of: file).first { $0.kind.rawValue == "unwanted" })
        _ = try await ledger.database.cancel(unwanted.id, reason: "Not wanted.")
        let signals = ledger.readySignals.withLock { $0 }

        let deletion = try #require(try await ledger.database.beginDeletion(of: file.id))
        #expect(try await ledger.jobs(of: file).allSatisfy { $0.state == .cancelled })
        try await ledger.database.revokeDeletion(deletion)
        let jobs = try await ledger.jobs(of: file).sorted { $0.kind.rawValue < $1.kind.rawValue }
        #expect(jobs.map(\.state) == [.ready, .ready, .cancelled])
        #expect(jobs.prefix(2).allSatisfy { $0.error == nil && $0.finishedAt == nil && $0.attempt == 0 })
        #expect(ledger.readySignals.withLock { $0 } == signals + 1)
        // Who ran the job when the deletion began runs it no more.
        #expect(try await !ledger.database.holds(claim))
        #expect(try await ledger.claim("checksum", "thumbnail").count == 2)
        try await ledger.close()
    }
}
