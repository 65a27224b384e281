import Ingest
import IngestTesting
import Testing

/// Hashing what an earlier process wrote, beside other uploads.
@Suite(.timeLimit(.minutes(1))) struct CatchUpTests {
    /// The reading of one upload waits for the disk, and nobody waits for that.
    @Test func othersArePublishedWhileAnUploadIsReadAgain() async throws {
        let scenario = try #require(ResumableScenario.all.first { $0.isRestarted })
        let trial = try await UploadTrial(scenario)
        trial.plan.hold(.read)
        #expect(await trial.run() == 204)
        await trial.plan.waitUntilHeld()
        for number in 0..<3 {
            try await trial.server.daemon.put("small-\(number)", "text")
            let request = trial.dialect.creation(of: "whole-\(number)", length: 4, content: Array("text".utf8)[...])
            #expect(await trial.server.send(request).status == 201)
        }
        trial.plan.release(.read)
        #expect(await trial.append(.max) == 204)
        let text = String(decoding: scenario.content, as: UTF8.self)
        #expect(try await trial.server.daemon.get(ResumableScenario.name).text == text)
    }
}
