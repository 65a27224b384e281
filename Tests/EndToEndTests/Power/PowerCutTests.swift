import Glibc
import IngestTesting
import Testing

/// Power cuts on a real filesystem, whose every write and flush a logged disk records.
///
/// After each cut the disk is mounted, the daemon started, and what it has is compared with what clients were told
/// before.
@Suite(
    .timeLimit(.minutes(FaultScale.current.minutes)),
    .requires(.root, .fuse, .loopDevices, .command("mkfs.ext4"), .command("mkfs.xfs"))
)
struct PowerCutTests {
    @Test(arguments: DiskFilesystem.allCases)
    func nothingAcknowledgedIsLostByPowerCuts(_ filesystem: DiskFilesystem) async throws {
        let scale = FaultScale.current
        let trial = try await PowerTrial(on: filesystem, durability: "full", turns: scale.powerCutTurns)
        let outcome = try await trial.cut(scale.powerCuts)
        print(outcome.summary)
        for finding in outcome.findings.prefix(20) {
            Issue.record("\(finding)")
        }
        #expect(outcome.mostAcknowledged == trial.requests)
        #expect(outcome.resumed > scale.powerCuts)
        #expect(trial.requests >= 2 * PowerTrial.clients * scale.powerCutTurns)
    }

    /// What is not synced is lost, and this harness sees it.
    @Test(arguments: DiskFilesystem.allCases)
    func withoutSyncsThingsAreLost(_ filesystem: DiskFilesystem) async throws {
        let trial = try await PowerTrial(on: filesystem, durability: "relaxed", turns: 12)
        let outcome = try await trial.cut(6)
        print(outcome.summary)
        #expect(!outcome.findings.isEmpty)
    }
}
