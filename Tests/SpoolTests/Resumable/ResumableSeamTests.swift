import Ingest
import IngestTesting
import Testing

/// Ends the process at each step of a request to an upload of several in turn.
@Suite(.timeLimit(.minutes(2))) struct ResumableSeamTests {
    @Test(arguments: ResumableScenario.all)
    func anUploadGoesOnWhereItWas(_ scenario: ResumableScenario) async throws {
        var number = 1
        while try await dies(at: number, of: scenario, VolatileLedger()) {
            number += 1
        }
        #expect(number > 3)
    }

    @Test(arguments: ResumableScenario.recorded)
    func theDatabaseKnowsWhereItWas(_ scenario: ResumableScenario) async throws {
        var number = 1
        while try await dies(at: number, of: scenario, try await StoredLedger()) {
            number += 1
        }
        #expect(number > 3)
    }

    /// False if the request has fewer steps.
    private func dies(
        at number: Int,
        of scenario: ResumableScenario,
        _ ledger: any LedgerUnderTest
    ) async throws -> Bool {
        let trial = try await UploadTrial(scenario, ledger: ledger.ports)
        let plan = trial.plan
        plan.hold(number: number)
        async let steps = plan.stepsUntilHeld()
        async let death: Void = {
            _ = await plan.stepsUntilHeld()
            plan.die()
            plan.releaseNumber()
        }()
        let status = await trial.run()
        plan.finish()
        let held = await steps
        await death
        let next = try await ledger.reopen(losingConfirmations: true)
        guard let step = held?.last else {
            try await ledger.close()
            return false
        }
        let place: Comment = "death at step \(number), \(step): \(status)"
        try await trial.restart(ledger: next)
        try await trial.check(place)
        try await trial.finish(place)
        try await trial.expireAll(place)
        try await ledger.close()
        return true
    }
}
