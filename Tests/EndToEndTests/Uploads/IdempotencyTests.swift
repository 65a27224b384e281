import Digests
import IngestTesting
import Testing

/// `Idempotency-Key` against the built daemon, also when it dies between the publication and the answer.
@Suite(.timeLimit(.minutes(5))) struct IdempotencyTests {
    private static let settings = "thumbnails: {sizes: []}\n"
    private static let content = Array("hello world".utf8)
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start() async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: .init(settings: Self.settings))
    }

    /// A raw body that gets another name if its own is taken.
    private func post(_ name: String, key: String?, _ content: [UInt8] = content, to daemon: DaemonProcess)
        async throws -> Reply
    {
        try await daemon.request(
            "POST",
            "/files",
            headers: [("Content-Disposition", "attachment; filename=\(name)")]
                + (key.map { [("Idempotency-Key", $0)] } ?? []),
            body: content
        )
    }

    private func expectSame(_ first: Reply, _ again: Reply) {
        #expect(again.status == first.status, "\(again.text)")
        #expect(again.body == first.body, "\(again.text)")
        for name in ["Location", "ETag", "Repr-Digest"] {
            #expect(again[name] == first[name])
        }
    }

    private func stop(_ daemon: DaemonProcess) async {
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func aRequestIsAnsweredAsBeforeAlsoAfterARestart() async throws {
        let daemon = try await start()
        let first = try await post("a", key: "k", to: daemon)
        #expect(first.status == 201)
        expectSame(first, try await post("a", key: "k", to: daemon))
        try await daemon.settleJobs()
        daemon.kill()
        await daemon.waitForExit()
        let next = try await daemon.restart()
        expectSame(first, try await post("a", key: "k", to: next))
        let reused = try await post("a", key: "k", Array("something else".utf8), to: next)
        #expect(reused.status == 422)
        #expect(reused.text.contains("/problems/idempotency-key-reused"))
        #expect(try await post("a", key: nil, to: next).status == 201)
        #expect(directory.names(in: "bucket") == ["a", "a (1)"])
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        await stop(next)
    }

    /// Whenever the daemon dies, a client that tries again until it is told has stored its file once.
    @Test(.requires(.root)) func nothingIsStoredTwiceWheneverTheDaemonDies() async throws {
        var daemon = try await start()
        _ = try await post("warm", key: "warm", to: daemon)
        try await daemon.settleJobs()
        let listing = try await SystemCallTrap.set(at: 0, in: daemon)
        _ = try await post("listed", key: "listed", to: daemon)
        try await daemon.settleJobs()
        let calls = try await listing.end().calls
        let publication = try #require(calls.firstIndex { $0.hasPrefix("renameat") })
        // The commit before the rename, the rename, the sync of the directory, and what follows the answer.
        let points = Array(max(1, publication - 5)...(publication + 6))
        var deaths = 0
        for point in points {
            let name = "n\(point)"
            let trap = try await SystemCallTrap.set(at: point, in: daemon)
            var answer: Reply?
            do {
                answer = try await post(name, key: name, to: daemon)
                try await daemon.settleJobs()
            } catch is LoopbackError {
                // The daemon is dead.
            }
            if try await trap.end().killedBefore != nil {
                deaths += 1
                await daemon.waitForExit()
                daemon = try await daemon.restart()
            }
            let again = try await post(name, key: name, to: daemon)
            #expect(again.status == 201, "point \(point): \(again.text)")
            if let answer { expectSame(answer, again) }
            #expect(again["Location"] == "/files/\(name)", "point \(point)")
            let names = directory.names(in: "bucket").filter { $0.hasPrefix(name) && !$0.hasPrefix(name + "0") }
            #expect(names.filter { $0 == name || $0.hasPrefix(name + " ") } == [name], "point \(point)")
            #expect(try directory.read("bucket/\(name)") == Self.content)
        }
        #expect(deaths >= 6)
        #expect(try await AnswerAudit(daemon: daemon).run().isEmpty)
        await stop(daemon)
    }

    @Test func aSecondRequestIsToldThatTheFirstIsRunning() async throws {
        let daemon = try await start()
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let head = LoopbackClient.head("PUT", "/files/a", headers: [("Idempotency-Key", "\"k\"")], length: 11)
        try await client.send(head + "hello")
        // The first is running when it has a file in the spool.
        while directory.names(in: "bucket.state/spool").isEmpty { await Task.yield() }
        let second = try await daemon.request(
            "PUT",
            "/files/a",
            headers: [("Idempotency-Key", "\"k\"")],
            body: Self.content
        )
        #expect(second.status == 409, "\(second.text)")
        #expect(second.text.contains("/problems/idempotency-key-in-use"))
        #expect(second["Retry-After"] == "1")
        try await client.send(" world")
        let first = try await client.readReply()
        #expect(first.status == 201)
        expectSame(
            first,
            try await daemon.request("PUT", "/files/a", headers: [("Idempotency-Key", "k")], body: Self.content)
        )
        await stop(daemon)
    }

    /// With `Expect: 100-continue` not a byte of it is sent.
    @Test func aRepetitionThatNamesItsDigestNeedsNoBody() async throws {
        let daemon = try await start()
        var digest = StreamingDigest(.sha256)
        digest.update(Self.content[...])
        let fields = [
            ("Idempotency-Key", "k"), ("Repr-Digest", try #require(digest.finalize().fieldMember)),
        ]
        let first = try await daemon.request("PUT", "/files/a", headers: fields, body: Self.content)
        #expect(first.status == 201)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let expecting = fields + [("Expect", "100-continue")]
        try await client.send(LoopbackClient.head("PUT", "/files/a", headers: expecting, length: Self.content.count))
        expectSame(first, try await client.readReply())
        await stop(daemon)
    }

    @Test func aClientThatIsGoneLetsItsKeyGo() async throws {
        let daemon = try await start()
        let client = try await LoopbackClient.connect(to: daemon.address)
        let fields = [("Idempotency-Key", "k")]
        try await client.send(LoopbackClient.head("PUT", "/files/a", headers: fields, length: 11) + "hello")
        while directory.names(in: "bucket.state/spool").isEmpty { await Task.yield() }
        client.reset()
        var status = 409
        while status == 409 {
            status = try await daemon.request("PUT", "/files/a", headers: fields, body: Self.content).status
        }
        #expect(status == 201)
        await stop(daemon)
    }
}
