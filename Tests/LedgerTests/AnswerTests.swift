import Ingest
import IngestTesting
import Testing
import Threading

@testable import Ledger

/// What the watchdog asks of the ledger.
@Suite(.timeLimit(.minutes(1))) struct AnswerTests {
    @Test func anAnswerSyncsNothing() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        let before = ledger.logSyncs
        for _ in 0..<5 { await ledger.database.answer() }
        #expect(ledger.logSyncs == before)
        try await ledger.close()
    }

    @Test func aWriterThatHangsKeepsTheAnswerBack() async throws {
        let ledger = try await TestLedger()
        let gate = Gate()
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let write = Task {
            try await ledger.database.writer.perform { _ in
                arrival.yield()
                gate.pass()
            }
        }
        for await _ in arrivals { break }
        let isAnswered = Locked(false)
        let question = Task {
            await ledger.database.answer()
            isAnswered.withLock { $0 = true }
        }
        while ledger.database.writer.waitingWrites == 0 { await Task.yield() }
        #expect(!isAnswered.withLock { $0 })
        gate.open()
        await question.value
        try await write.value
        try await ledger.close()
    }

    @Test func aReaderThatHangsKeepsTheAnswerBack() async throws {
        let ledger = try await TestLedger(options: LedgerOptions(readers: 1))
        let gate = Gate()
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let read = Task {
            try await ledger.database.read { _ in
                arrival.yield()
                gate.pass()
            }
        }
        for await _ in arrivals { break }
        let isAnswered = Locked(false)
        let question = Task {
            await ledger.database.answer()
            isAnswered.withLock { $0 = true }
        }
        // The writer's part of the answer is given.
        let commits = ledger.database.statistics.commits
        while ledger.database.statistics.commits == commits { await Task.yield() }
        #expect(!isAnswered.withLock { $0 })
        gate.open()
        await question.value
        try await read.value
        try await ledger.close()
    }

    /// A refusal is an answer.
    @Test func aLedgerThatFailedOrIsClosedAnswers() async throws {
        let ledger = try await TestLedger()
        ledger.health.fail("A test.")
        await ledger.database.answer()
        try await ledger.close()
        await ledger.database.answer()
    }
}
