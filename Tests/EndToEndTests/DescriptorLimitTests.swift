import IngestTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct DescriptorLimitTests {
    /// Out of descriptors is "try again", not a dead or spinning daemon.
    @Test func outOfDescriptorsIsTransient() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let limited = try await CommandLineTool.run("prlimit", ["--pid", "\(daemon.processID)", "--nofile=48:"])
        #expect(limited.status == 0)
        var clients: [LoopbackClient] = []
        for _ in 0..<80 {
            guard let client = try? await LoopbackClient.connect(to: daemon.address) else { break }
            try? await client.send(LoopbackClient.head("PUT", "/files/x", length: 10) + "1")
            clients.append(client)
        }
        for client in clients {
            client.close()
        }
        let raised = try await CommandLineTool.run("prlimit", ["--pid", "\(daemon.processID)", "--nofile=4096:"])
        #expect(raised.status == 0)
        var status = 0
        while status != 201 {
            try Task.checkCancellation()
            status = (try? await daemon.request("PUT", "/files/good", body: [1]).status) ?? 0
        }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
