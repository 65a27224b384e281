import IngestTesting
import Testing

@Suite(.timeLimit(.minutes(5))) struct SlowDiskTests {
    private static let uploads = 1000
    private static let size = 100_000
    private static let budget = 8 << 20

    /// While no sync returns, uploads wait at their senders' side and not in memory.
    ///
    /// strace holds every `fdatasync` back for a few seconds, as a disk does that is busy.
    @Test(.requires(.root, .command("strace")))
    func aThousandUploadsThatWaitForTheDiskKeepToTheBudget() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(
            in: directory,
            options: DaemonProcess.Options(
                settings: "limits: {bufferMemory: 8MiB}\nthumbnails: {sizes: []}\nlogLevel: info\n"
            )
        )
        let slow = try await SystemCallFault.attach(to: daemon, "fdatasync", "delay_enter=3000000")
        defer { slow.terminate() }
        var clients: [LoopbackClient] = []
        for number in 0..<Self.uploads {
            let client = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(240))
            let content = Content(seed: UInt64(number), size: Self.size).bytes
            try await client.send(LoopbackClient.head("PUT", "/files/f\(number)", length: content.count))
            try await client.send(content)
            clients.append(client)
        }
        let peak = try #require(try await daemon.metric("bucketd_http_queued_peak_bytes"))
        #expect(peak > 0)
        #expect(peak <= Self.budget)
        await slow.end()
        for (number, client) in clients.enumerated() {
            #expect(try await client.readReply().status == 201)
            client.close()
            #expect(
                Content(whole: try directory.read("bucket/f\(number)"))
                    == Content(seed: UInt64(number), size: Self.size)
            )
        }
    }
}
