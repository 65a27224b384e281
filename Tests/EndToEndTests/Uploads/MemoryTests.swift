import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct MemoryTests {
    /// The daemon's memory does not grow with the file's size.
    @Test func aLargeUploadTakesLittleMemory() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory, options: .init(arguments: ["--log-level", "info"]))
        // What the program itself takes depends on how it was built.
        let before = try daemon.peakMemory()
        let file = directory.file("zero").string
        _ = try await CommandLineTool.run("truncate", ["--size=512M", file])
        let form = ["-F", "file=@\(file)", "\(try #require(daemon.url))/upload-file"]
        let outcome = try await CommandLineTool.run("curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}"] + form)
        #expect(outcome.outputText == "200", "\(outcome.errorText)")
        #expect(try daemon.peakMemory() - before < 12 << 20)
    }
}
