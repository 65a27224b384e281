import GRDB
import GRDBSQLite
import Ingest
import SystemPackage
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct WriterTests {
    private struct Refused: Error {}

    /// Holds the writer's thread inside a transaction until it is let go.
    private final class Gate: Sendable {
        private let entered = AsyncStream<Void>.makeStream()
        private let queue = BatchQueue<Void>()

        func pass() {
            entered.continuation.finish()
            _ = queue.next()
        }

        func waitUntilEntered() async {
            for await _ in entered.stream {}
        }

        func open() {
            queue.close()
        }
    }

    /// Hands in writes while the writer is busy, lets it go once all of them wait, and returns what each threw.
    private func whileBusy(
        _ ledger: TestLedger,
        _ writes: [@Sendable (LedgerTransaction) throws -> Void]
    ) async -> [IngestError.Code?] {
        let gate = Gate()
        let writer = ledger.database.writer
        async let blocker = code { try await writer.perform { _ in gate.pass() } }
        await gate.waitUntilEntered()
        let codes = await withTaskGroup(of: (Int, IngestError.Code?).self) { group in
            for (place, write) in writes.enumerated() {
                group.addTask { (place, await code { try await writer.perform(write) }) }
                while writer.waitingWrites <= place {
                    await Task.yield()
                }
            }
            gate.open()
            return await group.reduce(into: [Int: IngestError.Code?]()) { $0[$1.0] = .some($1.1) }
        }
        #expect(await blocker == nil)
        return writes.indices.compactMap { codes[$0] }
    }

    private static func recording(_ paths: String...) -> @Sendable (LedgerTransaction) throws -> Void {
        { transaction in
            _ = try transaction.recordPublication(paths.map { newFile($0) }, keepingJobsOf: [])
        }
    }

    @Test func whatWaitsTogetherIsCommittedAndSyncedOnce() async throws {
        let ledger = try await TestLedger()
        let before = ledger.database.statistics
        let syncs = ledger.logSyncs
        let codes = await whileBusy(ledger, (0..<50).map { Self.recording("\($0)") })
        #expect(codes == Array(repeating: nil, count: 50))
        let after = ledger.database.statistics
        #expect(after.writes - before.writes == 51)
        // The first wrote nothing, so that its commit needed no sync.
        #expect(after.commits - before.commits == 2)
        #expect(ledger.logSyncs - syncs == 1)
        #expect(try await ledger.database.unfinishedFiles().count == 50)
        try await ledger.close()
    }

    @Test(arguments: [(Durability.full, 20), (.relaxed, 0)])
    func eachCommitSyncsTheLogUnlessRelaxed(_ durability: Durability, _ expected: Int) async throws {
        let options = LedgerOptions(durability: durability, confirmationDelay: .seconds(3600))
        let ledger = try await TestLedger(options: options)
        let syncs = ledger.logSyncs
        for number in 0..<20 {
            _ = try await ledger.database.recordPublication([newFile("\(number)")])
        }
        #expect(ledger.logSyncs - syncs == expected)
        try await ledger.close()
    }

    /// What a power cut undoes of a job's row only makes it run again.
    @Test func claimsAndEndsOfJobsWaitForNoSync() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        let syncs = ledger.logSyncs
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(try await ledger.database.finish(claim, .done(result: nil)))
        #expect(ledger.logSyncs == syncs)
        _ = try await ledger.database.recordPublication([newFile("b")])
        #expect(ledger.logSyncs == syncs + 1)
        try await ledger.close()
    }

    /// No checkpoint is made without one, so the log would grow for ever.
    @Test func nowAndThenEvenJobsWaitForASync() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        let syncs = ledger.logSyncs
        for _ in 0..<150 {
            let claim = try #require(try await ledger.claim("checksum").first)
            let end = JobEnd.retry(error: "", runAt: ledger.now, countsAttempt: false, helperDied: false)
            #expect(try await ledger.database.finish(claim, end))
        }
        #expect(ledger.logSyncs == syncs + 1)
        try await ledger.close()
    }

    /// SQLite writes nothing for what changes nothing, and so syncs nothing.
    @Test func anEmptyTransactionTakesNoSyncThatIsDue() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        let syncs = ledger.logSyncs
        for _ in 0..<128 {
            let claim = try #require(try await ledger.claim("checksum").first)
            let end = JobEnd.retry(error: "", runAt: ledger.now, countsAttempt: false, helperDied: false)
            #expect(try await ledger.database.finish(claim, end))
        }
        try await ledger.database.flush()
        #expect(try await ledger.claim("nothing").isEmpty)
        await ledger.database.answer()
        #expect(ledger.logSyncs == syncs)
        #expect(try await ledger.claim("checksum").count == 1)
        #expect(ledger.logSyncs == syncs + 1)
        try await ledger.close()
    }

    @Test func aFailureTouchesNoNeighbour() async throws {
        let ledger = try await TestLedger()
        let codes = await whileBusy(
            ledger,
            [
                Self.recording("a"),
                { transaction in
                    try Self.recording("b")(transaction)
                    throw Refused()
                },
                Self.recording("c", "c"),
                Self.recording("d"),
            ]
        )
        #expect(codes == [nil, .storageFailed, .nameTaken, nil])
        #expect(try await ledger.database.unfinishedFiles().map(\.path.description).sorted() == ["a", "d"])
        #expect(ledger.health.reason == nil)
        try await ledger.close()
    }

    @Test func aTransactionLostThroughOneWriteIsRunAgainForTheOthers() async throws {
        let ledger = try await TestLedger()
        let codes = await whileBusy(
            ledger,
            [
                Self.recording("a"),
                { transaction in
                    try transaction.execute("ROLLBACK")
                    throw IngestError(.noSpace, "full")
                },
                Self.recording("b"),
            ]
        )
        #expect(codes == [nil, .noSpace, nil])
        #expect(try await ledger.database.unfinishedFiles().map(\.path.description).sorted() == ["a", "b"])
        try await ledger.close()
    }

    @Test func aDatabaseThatCannotGrowRefusesAndRecovers() async throws {
        let ledger = try await TestLedger()
        let pending = try await ledger.database.recordPublication([newFile("pending")])[0]
        let writer = ledger.database.writer
        try await writer.perform { transaction in
            let pages = try transaction.reader.first("PRAGMA page_count")?[0] as Int? ?? 0
            _ = try transaction.reader.all("PRAGMA max_page_count = \(pages + 3)")
        }
        var recorded = 0
        var refusal: IngestError.Code?
        while refusal == nil {
            let files = (0..<20).map { newFile("\(recorded)-\($0)") }
            refusal = await code { try await ledger.database.recordPublication(files) }
            recorded += refusal == nil ? 20 : 0
        }
        #expect(refusal == .noSpace)
        #expect(ledger.health.reason == nil)
        #expect(try await ledger.database.unfinishedFiles().count == recorded + 1)

        ledger.database.confirmPublication([pending.id])
        try await writer.perform { _ = try $0.reader.all("PRAGMA max_page_count = 1000000") }
        _ = try await ledger.database.recordPublication([newFile("after")])
        #expect(try await ledger.database.read { try $0.file(pending.id)?.state } == .published)
        try await ledger.close()
    }

    @Test func aDiskThatIsFullAtTheCommitRefusesAndRecovers() async throws {
        let ledger = try await TestLedger()
        let pending = try await ledger.database.recordPublication([newFile("pending")])[0]
        ledger.database.confirmPublication([pending.id])
        ledger.failLog(write: SQLITE_FULL)
        #expect(await code { try await ledger.database.recordPublication([newFile("a")]) } == .noSpace)
        #expect(ledger.health.reason == nil)
        #expect(ledger.database.writer.unwrittenConfirmations == [pending.id])
        ledger.failLog()
        _ = try await ledger.database.recordPublication([newFile("b")])
        #expect(try await ledger.database.unfinishedFiles().map(\.path.description) == ["b"])
        #expect(try await ledger.database.read { try $0.file(pending.id)?.state } == .published)
        #expect(ledger.database.writer.unwrittenConfirmations.isEmpty)
        try await ledger.close()
    }

    /// Signs of life and what else changes nothing take no space, and say nothing of it.
    @Test func aFullDiskIsAnObstacleUntilSomethingWasWritten() async throws {
        let ledger = try await TestLedger()
        #expect(ledger.database.obstacle == nil)
        ledger.failLog(write: SQLITE_FULL)
        #expect(await code { try await ledger.database.recordPublication([newFile("a")]) } == .noSpace)
        await ledger.database.answer()
        try await ledger.database.flush()
        #expect(ledger.database.obstacle?.code == .noSpace)
        #expect(await code { try await ledger.database.tryWriting() } == .noSpace)
        #expect(ledger.database.obstacle?.code == .noSpace)
        ledger.failLog()
        try await ledger.database.flush()
        #expect(ledger.database.obstacle?.code == .noSpace)
        let syncs = ledger.logSyncs
        try await ledger.database.tryWriting()
        #expect(ledger.database.obstacle == nil)
        #expect(ledger.logSyncs == syncs + 1)
        try await ledger.close()
    }

    /// Whoever gets the lock has proven that it is free.
    @Test func aLockIsAnObstacleUntilItIsFree() async throws {
        let options = LedgerOptions(confirmationDelay: .seconds(3600), busyTimeout: .milliseconds(10))
        let ledger = try await TestLedger(options: options)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: ledger.file.string, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await code { try await ledger.database.recordPublication([newFile("a")]) } == .busy)
        #expect(ledger.database.obstacle?.code == .busy)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await ledger.database.flush()
        #expect(ledger.database.obstacle == nil)
        try other.close()
        try await ledger.close()
    }

    @Test(arguments: [(SQLITE_OK, SQLITE_IOERR), (SQLITE_IOERR, SQLITE_OK)])
    func afterAFailedCommitNothingIsWrittenAnyMore(_ write: CInt, _ sync: CInt) async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let other = try await ledger.database.recordPublication([newFile("other")])[0]
        ledger.failLog(write: write, sync: sync)
        let codes = await whileBusy(ledger, [Self.recording("b"), Self.recording("c")])
        #expect(codes == [.outcomeUnknown, .outcomeUnknown])
        #expect(ledger.health.reason != nil)

        // A second try that succeeds would prove nothing.
        ledger.failLog()
        let syncs = ledger.logSyncs
        ledger.database.confirmPublication([other.id])
        #expect(await code { try await ledger.database.markGone([file.id]) } == .unhealthy)
        #expect(await code { try await ledger.database.flush() } == .unhealthy)
        #expect(try await ledger.database.files(prefix: "", after: nil, limit: 10).map(\.id) == [file.id])
        #expect(ledger.logSyncs == syncs)
        #expect(try await ledger.state(of: other) == .published)
        #expect(await code { try await ledger.database.close() } == .storageFailed)
        try await ledger.close()
    }

    @Test func aLockThatOthersHoldIsBusyAndNothingChanges() async throws {
        let options = LedgerOptions(confirmationDelay: .seconds(3600), busyTimeout: .milliseconds(10))
        let ledger = try await TestLedger(options: options)
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: ledger.file.string, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        #expect(await code { try await ledger.database.withdrawPublication([file.id]) } == .busy)
        #expect(ledger.health.reason == nil)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        #expect(try await ledger.state(of: file) == .publishing)
        try await ledger.database.withdrawPublication([file.id])
        try other.close()
        try await ledger.close()
    }
}
