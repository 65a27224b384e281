import IngestTesting
import Testing

/// Uploads that nobody goes on with for now.
@Suite(.timeLimit(.minutes(FaultScale.current.minutes))) struct WaitingUploadTests {
    /// Also the hashes that are kept of some.
    @Test func uploadsThatWaitTakeLittleMemory() async throws {
        let options = DaemonProcess.Options(arguments: ["--log-level", "info"])
        let daemon = try await DaemonProcess.start(in: try TemporaryDirectory(), options: options)
        let count = FaultScale.current.waitingUploads
        let before = try daemon.residentMemory()
        let uploads = try await WaitingUploads.begin(count, on: daemon)
        #expect(try await daemon.metric("bucketd_resumable_uploads_open") == count)
        #expect(try await uploads.lost(by: daemon).isEmpty)
        let (resident, peak) = (try daemon.residentMemory(), try daemon.peakMemory())
        print("\(count) uploads wait: \(before >> 10) KiB before, \(resident >> 10) KiB now, \(peak >> 10) KiB at most")
        #expect(peak < FaultScale.current.waitingMemory)
        daemon.kill()
        await daemon.waitForExit()
        let next = try await daemon.restart()
        #expect(try await next.metric("bucketd_resumable_uploads_open") == count)
        #expect(try next.peakMemory() < FaultScale.current.waitingMemory)
        #expect(try await uploads.lost(by: next).isEmpty)
        next.terminate()
        #expect(await next.waitForExit() == 0)
    }
}
