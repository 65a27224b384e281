import Ingest
import IngestTesting
import Spool
import Testing

/// One operation, cut off at one of its steps.
struct Seam {
    let scenario: Scenario
    let cut: SeamTests.Cut
    /// Of the step, from 1.
    let number: Int
    let ledger: any LedgerUnderTest

    init(_ scenario: Scenario, _ cut: SeamTests.Cut, number: Int, ledger: any LedgerUnderTest) {
        self.scenario = scenario
        self.cut = cut
        self.number = number
        self.ledger = ledger
    }

    /// Runs all of it; false if the operation has fewer steps.
    func hold() async throws -> Bool {
        let test = try await scenario.prepare(ledger: ledger.ports)
        let (plan, daemon, scenario) = (test.plan, test.daemon, scenario)
        plan.hold(number: number)
        let client = Task {
            let code = await refusal { try await scenario.run(daemon) }
            plan.finish()
            return code
        }
        let held = await plan.stepsUntilHeld()
        let (step, steps) = (held?.last, held ?? plan.steps)
        let place: Comment = "step \(number): \(step?.description ?? "end"), \(cut.rawValue)"
        let isHandedIn = steps.contains { $0 == .handedIn(.recordPublication) || $0 == .handedIn(.beginDeletion) }
        let isAnswered = steps.contains { $0 == .answered(.recordPublication) || $0 == .answered(.beginDeletion) }
        if !isHandedIn {
            #expect(try test.visible() == scenario.before, place)
        }
        await interrupt(test, client, at: step)
        let code = await client.value
        if cut != .death {
            try expectEnd(test, code, place)
            try await test.expectNothingHeld(place)
        }
        if step == nil || (isHandedIn && (cut == .client || cut == .upload)) || (isAnswered && cut == .stop && isSimple)
        {
            // The interruption came too late to count.
            #expect(code == scenario.refusal, place)
        }
        let found = try await restart(test, place)
        switch cut {
        case .death where isAnswered:
            #expect(([scenario.after] + scenario.recovered).contains(found), place)
        case .death:
            #expect(found == scenario.before, place)
        default:
            #expect(found == (code == nil ? scenario.after : scenario.before), place)
        }
        return step != nil
    }

    /// Whether nothing but the first transaction and the confirmation is needed.
    private var isSimple: Bool { scenario.intruder == nil }

    private func interrupt(_ test: TestBucket, _ client: Task<IngestError.Code?, Never>, at step: FaultStep?) async {
        var deletion: Task<Void, Never>?
        switch cut {
        case .client:
            client.cancel()
        case .upload:
            let writers = test.daemon.store.writers
            // It is in the writers' queue before the step goes on, which may be a writer's own.
            deletion = Task.immediate {
                for writer in writers {
                    await writer.discard()
                }
            }
        case .stop:
            client.cancel()
            test.plan.closeLedger()
        case .death:
            test.plan.die()
        }
        test.plan.releaseNumber()
        await deletion?.value
    }

    /// Before a restart: acknowledged is there, refused is as before.
    private func expectEnd(_ test: TestBucket, _ code: IngestError.Code?, _ place: Comment) throws {
        #expect(try test.visible() == (code == nil ? scenario.after : scenario.before), place)
        #expect(try test.spool.entries().isEmpty, place)
        #expect(test.daemon.health.reason == nil, place)
    }

    /// What is visible after recovery by another daemon, audited.
    private func restart(_ test: TestBucket, _ place: Comment) async throws -> [String: String] {
        let next = try await ledger.reopen(losingConfirmations: cut != .stop)
        let daemon = try await test.restart(ledger: next).daemon
        try await test.audit(daemon, next, place)
        let found = try test.visible()
        daemon.unlock()
        try await ledger.close()
        return found
    }
}
