import IngestTesting
import Testing

/// A disk of which one flush fails and all later ones succeed, as in the fsync trouble of 2018: the kernel reports the
/// loss once, to whoever syncs next, and takes the pages for clean.
@Suite(
    .timeLimit(.minutes(FaultScale.current.minutes)),
    .requires(.root, .fuse, .loopDevices, .command("mkfs.ext4"), .command("mkfs.xfs"))
)
struct FlushFailureTests {
    enum Request: CaseIterable, Sendable {
        case put
        case form
        case replacement
        case removal
    }

    /// Whichever flush of a request it is.
    @Test(arguments: DiskFilesystem.allCases, FaultScale.current.flushFailureRequests)
    func aFlushThatFailsOnceIsNeverForgotten(_ filesystem: DiskFilesystem, _ request: Request) async throws {
        var trial = try await FlushTrial(on: filesystem)
        var outcomes: [String] = []
        for number in 0..<30 {
            let outcome = try await trial.fail(flush: number, of: request)
            outcomes.append(outcome.description)
            for finding in outcome.findings {
                Issue.record("\(filesystem), \(request), flush \(number): \(finding)")
            }
            if !outcome.hasFailedBeforeAnswer { break }
        }
        try await trial.end()
        print("\(filesystem), \(request): \(outcomes.joined(separator: "; "))")
        #expect((3..<30).contains(outcomes.count), "a request has some flushes")
    }
}
