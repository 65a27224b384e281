import Glibc
import Ingest
import IngestTesting
import SystemPackage
import Testing

/// Fails each step of a request to an upload of several in turn, and looks at where that stands.
@Suite(.timeLimit(.minutes(2))) struct ResumableFaultWalkTests {
    enum Fault: String, CaseIterable, Sendable {
        case full
        case broken
        case exhausted
        /// No space from this step on until the client is answered.
        case staysFull

        func error(at number: Int) -> Errno {
            let errors: [Errno] =
                switch self {
                case .full, .staysFull: [.noSpace, .diskQuotaExceeded]
                case .broken: [.ioError, .readOnlyFileSystem]
                case .exhausted: [.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory]
                }
            return errors[number % errors.count]
        }
    }

    /// Who goes on with it.
    enum Sequel: String, CaseIterable, Sendable {
        /// The process that met the fault, unless it takes no more.
        case sameProcess
        case nextProcess
    }

    /// As `scripts/test --faults` sets it.
    private static let isFull = getenv("BUCKETD_FAULTS").map { String(cString: $0) } == "full"

    @Test(arguments: ResumableScenario.all, Fault.allCases)
    func everyStepFailsOnce(_ scenario: ResumableScenario, _ fault: Fault) async throws {
        // A usual run tries all steps with one kind of fault, and some with the others.
        let step = Self.isFull || fault == .broken ? 1 : 4
        var number = step == 1 ? 1 : 1 + scenario.testDescription.utf8.count % step
        while try await fails(number, scenario, fault, .sameProcess) {
            number += step
        }
        #expect(number > 3)
    }

    @Test(arguments: ResumableScenario.all)
    func everyStepFailsBeforeARestart(_ scenario: ResumableScenario) async throws {
        let step = Self.isFull ? 1 : 2
        var number = 1
        while try await fails(number, scenario, .broken, .nextProcess) {
            number += step
        }
        #expect(number > 3)
    }

    /// False if the request has fewer steps.
    private func fails(
        _ number: Int,
        _ scenario: ResumableScenario,
        _ fault: Fault,
        _ sequel: Sequel
    ) async throws -> Bool {
        let trial = try await UploadTrial(scenario)
        let plan = trial.plan
        if fault == .staysFull {
            plan.fillDisk(from: number)
        } else {
            plan.fail(number, with: fault.error(at: number))
        }
        let status = await trial.run()
        let steps = plan.steps
        plan.stopCounting()
        plan.freeSpace()
        guard steps.count >= number else { return false }
        let place: Comment = "step \(number), \(steps[number - 1]), \(fault): \(status)"
        let allowed = [201, 204, 500, 503, 507] + [scenario.refusal].compactMap { $0 }
        #expect(allowed.contains(status), place)
        #expect(plan.syncsAfterFailure == 0, place)
        #expect(trial.server.daemon.intake.uploadsInFlight == 0, place)
        try await trial.check(place)
        let isHealthy = trial.server.daemon.health.reason == nil
        if isHealthy && sequel == .sameProcess {
            try await trial.finish(place)
            try await trial.test.expectNothingHeld(place, uncounted: trial.looks)
            try await trial.restart()
            try await trial.check(place)
        } else {
            trial.test.ledger.forgetConfirmations()
            try await trial.restart()
            try await trial.check(place)
            try await trial.finish(place)
        }
        try await trial.expireAll(place)
        return true
    }
}
