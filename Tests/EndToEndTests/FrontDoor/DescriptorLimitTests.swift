import IngestTesting
import Testing

@Suite(.timeLimit(.minutes(2))) struct DescriptorLimitTests {
    private static let clients = 60

    /// Out of descriptors is "try again" for those who came too much, at once and at rest.
    @Test(.requires(.command("prlimit")))
    func outOfDescriptorsIsTransient() async throws {
        let audited = try await AuditedDaemon.start()
        let daemon = audited.daemon
        try await audited.audit(after: "the start")
        let base = daemon.descriptorCount()
        // Some are for the ledger, which opens its readers as they are needed.
        let limit = ["--pid", "\(daemon.processID)", "--nofile=\(base + 16):"]
        #expect(try await CommandLineTool.run("prlimit", limit).status == 0)
        var clients: [LoopbackClient] = []
        for number in 0..<Self.clients {
            let client = try await LoopbackClient.connect(to: daemon.address)
            // It may have been turned away already.
            try? await client.send(LoopbackClient.head("PUT", "/files/x\(number)", length: 10) + "1")
            clients.append(client)
        }
        try await daemon.waitUntilIdle()
        var turnedAway = 0
        for client in clients {
            // Those that were let in have room, and wait for the rest of their body.
            try? await client.send("123456789")
            let reply = try await client.readReply()
            #expect([201, 503].contains(reply.status), "\(reply.text)")
            guard reply.status == 503 else { continue }
            turnedAway += 1
            #expect(reply.isProblem)
            #expect(reply["Retry-After"] != nil)
        }
        #expect(turnedAway > Self.clients / 2)
        for client in clients { client.close() }
        // Still under the limit.
        while try await daemon.request("PUT", "/files/good", body: [1]).status == 503 {
            try Task.checkCancellation()
        }
        for name in audited.directory.names(in: "bucket") where name != "good" {
            #expect(try audited.directory.read("bucket/\(name)") == Array("1123456789".utf8))
            #expect(try await daemon.request("DELETE", "/files/\(name)").status == 204)
        }
        try await audited.audit(after: "the limit")
        await audited.stop()
    }
}
