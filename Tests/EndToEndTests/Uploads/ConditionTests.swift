import IngestTesting
import Testing

/// Conditions that hold when a request begins, and not any more when its file is to get its name.
@Suite(.timeLimit(.minutes(1))) struct ConditionTests: TusSuite {
    @Test(arguments: ["If-None-Match", "If-Match"]) func aPutIsHeldToItsConditionAtTheEnd(_ name: String) async throws {
        let daemon = try await started()
        var condition = (name, "*")
        if name == "If-Match" {
            let old = try await daemon.request("PUT", "/files/a", body: [1])
            condition.1 = try #require(old["ETag"])
        }
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/a", headers: [condition], length: 11) + "hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty { await Task.yield() }
        #expect([201, 204].contains(try await daemon.request("PUT", "/files/a", body: [2]).status))
        try await client.send(" world")
        let reply = try await client.readReply()
        #expect(reply.status == 412, "\(reply.text)")
        #expect(reply.text.contains("/problems/precondition-failed"))
        #expect(try daemon.directory.read("bucket/a") == [2])
        #expect(daemon.directory.names(in: "bucket") == ["a"])
        try await end(daemon)
    }

    private let fields = [("Upload-Length", "11"), ("Upload-Metadata", "filename YQ=="), ("If-None-Match", "*")]

    @Test func aTusUploadIsNotBegunUnderATakenName() async throws {
        let daemon = try await started()
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 201)
        let refused = try await send("POST", "/files", fields, [], to: daemon)
        #expect(refused.status == 412, "\(refused.text)")
        #expect(refused.text.contains("/problems/precondition-failed"))
        #expect(refused["Location"] == nil)
        // A piece of another upload has no name.
        let piece = try await send("POST", "/files", fields + [("Upload-Concat", "partial")], [], to: daemon)
        #expect(piece.status == 201)
        #expect(try await send("POST", "/files", Array(fields.dropLast()), [], to: daemon).status == 201)
        try await end(daemon)
    }

    @Test(arguments: [false, true]) func aTusUploadIsHeldToItsConditionAtTheEnd(_ isTaken: Bool) async throws {
        let directory = try TemporaryDirectory()
        let first = try await DaemonProcess.start(in: directory)
        let upload = try await create(fields, on: first)
        #expect(try await append(Array(hello[..<5]), at: 0, of: upload, on: first).status == 204)
        if isTaken {
            #expect(try await first.request("PUT", "/files/a", body: [1]).status == 201)
        }
        first.kill()
        await first.waitForExit()
        let daemon = try await first.restart()
        let reply = try await append(Array(hello[5...]), at: 5, of: upload, on: daemon)
        #expect(reply.status == (isTaken ? 412 : 204), "\(reply.text)")
        #expect(directory.names(in: "bucket") == ["a"])
        #expect(try directory.read("bucket/a") == (isTaken ? [1] : hello))
        #expect(try await send("HEAD", upload, [], to: daemon).status == (isTaken ? 404 : 200))
        try await end(daemon)
    }
}
