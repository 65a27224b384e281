import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The tus clients that people use, against the built daemon.
@Suite(.requires(.tusClients), .timeLimit(.minutes(5))) struct TusClientTests {
    private let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) }

    private func run(
        _ client: String,
        _ name: String,
        _ options: [String],
        on daemon: DaemonProcess
    ) async throws -> CommandLineTool.Outcome {
        let url = try #require(daemon.url)
        try daemon.directory.write(content, to: "content")
        return try await CommandLineTool.run(
            Repository.python.string,
            [Repository.file("Tests/EndToEndTests/Tus/clients.py").string, client, url + "/files"]
                + [daemon.directory.file("content").string, name] + options
        )
    }

    @Test(arguments: [
        ("tuspy", ["--chunk", "300000"]), ("tuspy", ["--chunk", "100000", "--checksum"]), ("tuspy", []),
        ("aiotus", ["--chunk", "300000"]), ("aiotus", []), ("aiotus", ["--parts", "4"]),
    ])
    func aFileInChunksArrivesWhole(_ client: String, _ options: [String]) async throws {
        let daemon = try await DaemonProcess.start(in: try TemporaryDirectory())
        let outcome = try await run(client, "räksmörgås.bin", options, on: daemon)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try daemon.directory.read("bucket/räksmörgås.bin") == content)
        // The parts stay for clients that use them again, until they expire.
        let parts = options.contains("--parts") ? 4 : 0
        #expect(daemon.directory.names(in: "bucket.state/spool").count == parts)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func anUploadGoesOnWithAServerThatWasKilled() async throws {
        let directory = try TemporaryDirectory()
        var url: String?
        // Each server dies after some chunks.
        for stop in [300_000, 600_000, 900_000] {
            let daemon = try await DaemonProcess.start(in: directory)
            var options = ["--chunk", "100000", "--stop-at", "\(stop)"]
            if let url {
                options += ["--url", try #require(daemon.url) + url]
            }
            let outcome = try await run("tuspy", "killed.bin", options, on: daemon)
            try #require(outcome.status == 0, "\(outcome.errorText)")
            let words = outcome.outputText.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(words[1] == "\(stop - 300_000)", "the offset went elsewhere")
            url = "/uploads/" + (words[0].split(separator: "/").last ?? "")
            daemon.kill()
            await daemon.waitForExit()
        }
        let daemon = try await DaemonProcess.start(in: directory)
        let options = ["--url", try #require(daemon.url) + (url ?? "")]
        let outcome = try await run("tuspy", "killed.bin", options, on: daemon)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try daemon.directory.read("bucket/killed.bin") == content)
        daemon.kill()
        await daemon.waitForExit()
    }
}

extension Repository {
    /// With what `Tests/requirements.txt` names; scripts/test installs it.
    fileprivate static var python: FilePath { file(".venv/bin/python3") }
}

extension Requirement {
    fileprivate static let tusClients = Requirement("tuspy and aiotus (scripts/test installs them)") {
        access(Repository.python.string, X_OK) == 0
    }
}
