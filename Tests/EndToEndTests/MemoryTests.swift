import IngestTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct MemoryTests {
    /// The daemon's memory does not grow with the file's size.
    @Test func aLargeUploadTakesLittleMemory() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(arguments: ["--log-level", "info"]))
        let script = "head -c 536870912 /dev/zero | curl -sS -o /dev/null -w '%{http_code}' -T - \"$1\""
        let outcome = try await CommandLineTool.run(
            "sh",
            ["-c", script, "sh", "\(try #require(daemon.url))/files/zero"]
        )
        #expect(outcome.outputText == "201")
        #expect(try daemon.peakMemory() < 48 << 20)
    }
}
