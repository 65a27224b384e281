import Glibc
import IngestTesting
import Testing

@Suite struct RequirementTests {
    private let missing = Requirement("the impossible") { false }

    @Test func whatTheMachineHasIsFound() {
        #expect(Requirement.command("sh").isMet)
        #expect(!Requirement.command("no-such-program").isMet)
        #expect(Requirement.root.isMet == (geteuid() == 0))
    }

    @Test(arguments: [false, true])
    func whatIsThereLetsTheTestRun(isContinuousIntegration: Bool) async throws {
        let trait: ConditionTrait = .requires(.command("sh"), isContinuousIntegration: isContinuousIntegration)
        #expect(try await trait.evaluate())
    }

    @Test func whatIsMissingSkipsTheTest() async throws {
        let trait: ConditionTrait = .requires(.command("sh"), missing, isContinuousIntegration: false)
        #expect(try await !trait.evaluate())
        #expect(trait.comments.map(\.rawValue) == ["needs the program sh and the impossible"])
    }

    @Test func aSkipIsAFailureInContinuousIntegration() async {
        let error = await #expect(throws: UnmetRequirement.self) {
            try await ConditionTrait.requires(.command("sh"), missing, isContinuousIntegration: true).evaluate()
        }
        #expect(error?.name == "the impossible")
    }
}
