import Ingest
import IngestTesting
import Spool
import SystemPackage
import Testing

/// Fails each step of an operation in turn, system call or transaction, and looks at what is left.
@Suite(.timeLimit(.minutes(2))) struct FaultWalkTests {
    /// Errors that are one to the client.
    enum Fault: CaseIterable, Sendable {
        /// 507.
        case full
        /// 500.
        case broken
        /// 503.
        case exhausted

        var errors: [Errno] {
            switch self {
            case .full: [.noSpace, .diskQuotaExceeded]
            case .broken: [.ioError, .readOnlyFileSystem]
            case .exhausted: [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory]
            }
        }

        var code: IngestError.Code {
            switch self {
            case .full: .noSpace
            case .broken: .storageFailed
            case .exhausted: .outOfResources
            }
        }
    }

    /// The errors of a kind in turn, so that each meets about every call.
    @Test(arguments: Scenario.all, Fault.allCases)
    func everyStepFailsOnce(_ scenario: Scenario, _ fault: Fault) async throws {
        var number = 1
        while true {
            let error = fault.errors[number % fault.errors.count]
            let test = try await scenario.prepare()
            test.plan.fail(number, with: error)
            let code = await refusal { try await scenario.run(test.daemon) }
            let steps = test.plan.steps
            test.plan.stopCounting()
            if steps.count < number { break }
            let step = steps[number - 1]
            let place: Comment = "step \(number), \(step), \(error): \(code?.rawValue ?? "acknowledged")"
            #expect(endings(scenario, fault, step).contains(code), place)
            // A sync that fails for another reason than space puts the device in doubt, whatever becomes of this upload.
            let endsWriting = code == .outcomeUnknown || (step == .call(.syncData) && fault != .full)
            try await check(test, scenario, code, step, endsWriting: endsWriting, place)
            try await checkRestarted(test, scenario, code, place)
            number += 1
        }
        #expect(number > 5)
    }

    /// How the operation may end that met the fault at this step.
    private func endings(_ scenario: Scenario, _ fault: Fault, _ step: FaultStep) -> Set<IngestError.Code?> {
        switch step {
        case .call(.syncDirectory), .answered:
            // A client is never told that a removal failed which is safe.
            return step == .answered(.finishDeletion) ? [nil] : [.outcomeUnknown]
        case .handedIn(.finishDeletion):
            return [nil]
        case .call(.unlink) where scenario.refusal == nil && scenario.renamesExclusively:
            return [nil]
        case .call(.close):
            return [scenario.refusal, fault.code]
        case .handedIn(.withdrawPublication):
            // It is tried again; a commit of unknown outcome is not.
            return fault == .broken ? [scenario.refusal, .outcomeUnknown] : [scenario.refusal]
        case .handedIn where fault == .broken:
            return [fault.code, .outcomeUnknown]
        default:
            guard scenario.refusal != nil else { return [fault.code] }
            // The fault may come before the refusal, or in the way of what is taken back.
            return [fault.code, scenario.refusal, .outcomeUnknown]
        }
    }

    /// Before a restart: acknowledged is there, refused is as before.
    private func check(
        _ test: TestBucket,
        _ scenario: Scenario,
        _ code: IngestError.Code?,
        _ step: FaultStep,
        endsWriting: Bool,
        _ place: Comment
    ) async throws {
        #expect(test.plan.syncsAfterFailure == 0, place)
        try await test.expectNothingHeld(place)
        if step != .answered(.finishDeletion) && step != .handedIn(.finishDeletion) {
            #expect((test.daemon.health.reason != nil) == endsWriting, place)
        }
        if endsWriting {
            #expect(await refusal { try await test.daemon.put("next", "text") } == .unhealthy, place)
            #expect(test.plan.syncsAfterFailure == 0, place)
        }
        guard code != .outcomeUnknown else { return }
        #expect(try test.visible() == (code == nil ? scenario.after : scenario.before), place)
        if step != .call(.unlink) && !endsWriting {
            #expect(try test.spool.entries().isEmpty, place)
        }
    }

    /// After it: all or nothing, and nothing left over.
    private func checkRestarted(
        _ test: TestBucket,
        _ scenario: Scenario,
        _ code: IngestError.Code?,
        _ place: Comment
    ) async throws {
        test.ledger.forgetConfirmations()
        let next = try await test.restart().daemon
        let found = try test.visible()
        switch code {
        case nil:
            #expect(found == scenario.after, place)
        case .outcomeUnknown:
            #expect(([scenario.before, scenario.after] + scenario.recovered).contains(found), place)
        default:
            #expect(found == scenario.before, place)
        }
        try await test.audit(next, test.ledger, place)
        next.unlock()
    }
}
