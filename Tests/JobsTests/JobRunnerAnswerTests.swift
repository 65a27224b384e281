import IngestTesting
import Testing
import Threading

@testable import Jobs

/// What the watchdog asks of the queue.
@Suite(.timeLimit(.minutes(1))) struct JobRunnerAnswerTests {
    private let fixture: JobsFixture

    init() async throws {
        fixture = try await JobsFixture()
    }

    @Test func aRunnerAnswersOnceItsQueueDoes() async throws {
        try await fixture.running([ScriptedTask()]) { runner in
            await runner.answer()
            let gate = IngestTesting.Gate()
            await fixture.queue.holdClaims(at: gate)
            let before = await fixture.queue.calls["claim"]
            runner.wake()
            while await fixture.queue.calls["claim"] == before { await Task.yield() }
            let isAnswered = Locked(false)
            let question = Task {
                await runner.answer()
                isAnswered.withLock { $0 = true }
            }
            while runner.state.withLock({ $0.askers.isEmpty }) { await Task.yield() }
            #expect(!isAnswered.withLock { $0 })
            gate.open()
            await question.value
        }
    }

    /// It waits for the ledger, and does not hang.
    @Test func aRunnerWhoseLedgerFailsAnswers() async throws {
        await fixture.queue.fail("claim", times: .max)
        try await fixture.running([ScriptedTask()]) { runner in
            for _ in 0..<3 { await runner.answer() }
        }
    }

    @Test func aRunnerThatHasEndedAnswers() async throws {
        var ended: JobRunner?
        try await fixture.running([ScriptedTask()]) { ended = $0 }
        await ended?.answer()
    }
}
