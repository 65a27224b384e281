import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Too many and too slow clients, against the built daemon: each has its answer, and the processor its rest.
@Suite(.timeLimit(.minutes(2))) struct FrontDoorTests {
    private static func start(
        _ settings: String,
        listen: String = "127.0.0.1:0",
        in directory: TemporaryDirectory
    ) async throws -> DaemonProcess {
        var options = DaemonProcess.Options(settings: settings)
        options.listen = listen
        return try await DaemonProcess.start(in: directory, options: options)
    }

    private static func end(_ daemon: DaemonProcess) async {
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// Clients that hold their place by a health request each.
    private static func hold(_ count: Int, _ daemon: DaemonProcess) async throws -> [LoopbackClient] {
        var clients: [LoopbackClient] = []
        for _ in 0..<count {
            let client = try await LoopbackClient.connect(to: daemon.address)
            #expect(try await client.request("GET", "/healthz").status == 200)
            clients.append(client)
        }
        return clients
    }

    @Test(arguments: [
        ("maxConnections", 503, "too-many-connections"),
        ("maxConnectionsPerAddress", 429, "too-many-connections-from-address"),
    ])
    func atALimitOfConnectionsAClientIsToldSo(key: String, status: Int, rule: String) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await Self.start("limits: {\(key): 3}", in: directory)
        let holders = try await Self.hold(3, daemon)
        for _ in 0..<5 {
            let reply = try await daemon.request("PUT", "/files/a", body: [UInt8](repeating: 1, count: 100_000))
            #expect(reply.status == status)
            #expect(reply["Retry-After"] == "1")
            #expect(reply["Content-Type"] == "application/problem+json")
            #expect(reply.text.contains("\"type\":\"/problems/\(rule)\""))
            #expect(reply.text.contains("\"limit\":3"))
        }
        for holder in holders { holder.close() }
        while try await daemon.request("PUT", "/files/good", body: [1]).status != 201 { try Task.checkCancellation() }
        #expect(directory.names(in: "bucket") == ["good"])
        try await daemon.waitUntilIdle()
        await Self.end(daemon)
    }

    @Test func atTheLimitOnAUnixSocketAClientIsToldSo() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("socket").string
        let daemon = try await Self.start("limits: {maxConnections: 2}", listen: "unix:\(path)", in: directory)
        let holders = try await Self.hold(2, daemon)
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 503)
        for holder in holders { holder.close() }
        while try await daemon.request("PUT", "/files/good", body: [1]).status != 201 { try Task.checkCancellation() }
        await Self.end(daemon)
    }

    /// The real defaults, by the real clock: cut within 12 s (10 s for the head, 5 s and a little for the body).
    @Test(arguments: [
        ("PUT /files/a HTTP/1.1\r\nHost: local", [Int]()),
        ("PUT /files/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nabc", [408]),
        ("PUT /files/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab", [408]),
        ("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /heal", [200]),
    ])
    func aClientThatStallsIsCut(request: String, statuses: [Int]) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let client = try await LoopbackClient.connect(to: daemon.address)
        let start = ContinuousClock.now
        try await client.send(request)
        var found: [Int] = []
        while let reply = try? await client.readReply() { found.append(reply.status) }
        #expect(found == statuses)
        #expect(ContinuousClock.now - start < .seconds(14))
        #expect(try await daemon.request("PUT", "/files/good", body: [1]).status == 201)
        #expect(directory.names(in: "bucket") == ["good"])
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        try await daemon.waitUntilIdle()
        await Self.end(daemon)
    }
}
