import IngestTesting
import Testing

/// Requests of tus clients for one upload at a time, and requests that are refused before their content.
@Suite(.timeLimit(.minutes(2))) struct TusContentionTests: TusSuite {
    private func opened(_ method: String, _ target: String, _ fields: Fields, length: Int, on daemon: DaemonProcess)
        async throws -> LoopbackClient
    {
        let client = try await LoopbackClient.connect(to: daemon.address)
        let head = LoopbackClient.head(method, target, headers: [Self.version] + fields, length: length)
        try await client.send(head)
        return client
    }

    @Test func ofTwoRequestsAtOneOffsetOneSucceeds() async throws {
        let daemon = try await started()
        for _ in 0..<5 {
            let upload = try await create([("Upload-Length", "5")], on: daemon)
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for byte in [UInt8(1), 2] {
                    group.addTask {
                        let content = [UInt8](repeating: byte, count: 3)
                        return try await append(content, at: 0, of: upload, on: daemon).status
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses.count { $0 == 204 } == 1 && statuses.contains(409), "\(statuses)")
            #expect(try await offset(of: upload, on: daemon) == "3")
            #expect(try await append([9, 9], at: 3, of: upload, on: daemon).status == 204)
            let stored = try daemon.directory.read("bucket/upload")
            #expect(stored == [1, 1, 1, 9, 9] || stored == [2, 2, 2, 9, 9])
            #expect(try await daemon.request("DELETE", "/files/upload").status == 204)
        }
        try await end(daemon)
    }

    @Test(arguments: ["DELETE", "PATCH"]) func aNewRequestEndsTheOneBeforeIt(_ method: String) async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let fields = [Self.content, ("Upload-Offset", "0")]
        let client = try await opened("PATCH", upload, fields, length: 11, on: daemon)
        defer { client.close() }
        try await client.send("hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty { await Task.yield() }
        if method == "DELETE" {
            #expect(try await send("DELETE", upload, [], to: daemon).status == 204)
            #expect(try await send("HEAD", upload, [], to: daemon).status == 404)
        } else {
            #expect(try await append(Array(hello[5...]), at: 5, of: upload, on: daemon).status == 204)
        }
        #expect(try await client.readReply().status == 409)
        #expect(daemon.directory.names(in: "bucket") == (method == "DELETE" ? [] : ["upload"]))
        try await end(daemon)
    }

    /// Without a word of the other protocol, whose fields some clients add to whatever they send.
    @Test(arguments: [[], [("Upload-Complete", "?1"), ("Upload-Draft-Interop-Version", "8")]] as [[(String, String)]])
    func aClientThatWaitsIsAskedForItsContent(_ more: [(String, String)]) async throws {
        let daemon = try await started()
        let expecting = [Self.content, ("Expect", "100-continue")] + more
        let creation = try await opened("POST", "/files", expecting + [("Upload-Length", "11")], length: 5, on: daemon)
        defer { creation.close() }
        #expect(try await creation.readReply().status == 100)
        try await creation.send("hello")
        let created = try await creation.readReply()
        #expect(created.status == 201 && created["Upload-Offset"] == "5")
        let upload = try #require(created["Location"].flatMap(UploadDialect.path(ofLocation:)))
        for (offset, status) in [("4", 409), ("x", 400)] {
            let refused = try await opened(
                "PATCH",
                upload,
                expecting + [("Upload-Offset", offset)],
                length: 6,
                on: daemon
            )
            defer { refused.close() }
            #expect(try await refused.readReply().status == status)
        }
        let rest = try await opened("PATCH", upload, expecting + [("Upload-Offset", "5")], length: 6, on: daemon)
        defer { rest.close() }
        #expect(try await rest.readReply().status == 100)
        try await rest.send(" world")
        #expect(try await rest.readReply().status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    @Test func inAnotherVersionNothingIsDone() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), Self.content], Array(hello[..<5]), on: daemon)
        let other = [("Tus-Resumable", "0.2.2")]
        let rows: [(String, String, Fields)] = [
            ("POST", "/files", [("Upload-Length", "11")]), ("HEAD", upload, []), ("DELETE", upload, []),
            ("PATCH", upload, [Self.content, ("Upload-Offset", "5")]),
        ]
        for (method, target, fields) in rows {
            let body = method == "PATCH" ? Array(hello[5...]) : nil
            let reply = try await daemon.request(method, target, headers: fields + other, body: body)
            #expect(reply.status == 412 && reply["Tus-Version"] == "1.0.0" && reply["Tus-Resumable"] == "1.0.0")
        }
        // OPTIONS alone needs none.
        #expect(try await daemon.request("OPTIONS", upload, headers: other)["Tus-Version"] == "1.0.0")
        // Without a version it is no request of this protocol.
        let plain = [Self.content, ("Upload-Offset", "5")]
        #expect(try await daemon.request("PATCH", upload, headers: plain, body: [1]).status == 415)
        #expect(try await offset(of: upload, on: daemon) == "5")
        #expect(try await send("DELETE", upload, [], to: daemon).status == 204)
        try await end(daemon)
    }

    @Test func whatIsNotThere() async throws {
        let daemon = try await started()
        for target in ["/uploads/\(String(repeating: "0", count: 32))", "/uploads/nonsense"] {
            for method in ["HEAD", "GET", "DELETE"] {
                let reply = try await send(method, target, [], to: daemon)
                #expect(reply.status == 404 && reply["Upload-Offset"] == nil, "\(method) \(target)")
            }
            #expect(try await append(hello, at: 0, of: target, on: daemon).status == 404)
        }
        try await end(daemon)
    }

    /// Of a length that nobody knows yet, too.
    @Test(arguments: [false, true]) func noUploadIsLongerThanItMayBe(_ isDeferred: Bool) async throws {
        let daemon = try await started(settings: "limits: {maxUploadSize: 10}")
        let length = isDeferred ? ("Upload-Defer-Length", "1") : ("Upload-Length", "10")
        let upload = try await create([length, Self.content], Array(hello[..<5]), on: daemon)
        #expect(try await append(Array(hello[5...]), at: 5, of: upload, on: daemon).status == 413)
        let chunked = try await opened(
            "PATCH",
            upload,
            [Self.content, ("Upload-Offset", "5"), ("Transfer-Encoding", "chunked")],
            length: 0,
            on: daemon
        )
        defer { chunked.close() }
        try await chunked.send("6\r\n world\r\n0\r\n\r\n")
        #expect(try await chunked.readReply().status == 413)
        #expect(try await offset(of: upload, on: daemon) == "5")
        let last = isDeferred ? [("Upload-Length", "10")] : []
        #expect(try await append(Array(hello[5..<10]), at: 5, of: upload, last, on: daemon).status == 204)
        // Complete: nothing more is taken, nothing is asked again.
        #expect(try await append([1], at: 10, of: upload, on: daemon).status == 413)
        #expect(try await append([], at: 9, of: upload, on: daemon).status == 409)
        #expect(try daemon.directory.read("bucket/upload") == Array(hello[..<10]))
        #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
