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

    /// Out of descriptors: those who wait are answered as long as the reserve can be used, and wait otherwise; nothing
    /// spins, and all is well afterwards.
    @Test(arguments: [true, false]) func withoutDescriptorsTheDaemonRests(hasReserve: Bool) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let holders = try await Self.hold(4, daemon)
        if hasReserve {
            #expect(try await Self.isRefusedWithoutDescriptors(by: daemon))
        } else {
            // So far below what it has that another descriptor which is given up does not help.
            try await Self.limitDescriptors(of: daemon, to: 8)
        }
        let waiting = try await Self.connections(40, daemon)
        let before = try daemon.processorTime()
        let start = ContinuousClock.now
        // A client that was there before is served all the same, and waits for an event meanwhile.
        let patient = try #require(holders.first)
        for _ in 0..<5 { #expect(try await patient.request("GET", "/healthz").status == 200) }
        let silent = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(1))
        _ = try? await silent.readToEnd()
        let share = try (daemon.processorTime() - before) / (ContinuousClock.now - start)
        #expect(share < 0.3)
        for client in waiting { client.close() }
        try await Self.limitDescriptors(of: daemon, to: 4096)
        while (try? await daemon.request("PUT", "/files/good", body: [1]).status) != 201 {
            try Task.checkCancellation()
        }
        try await daemon.waitUntilIdle()
        let warnings = daemon.output.split(separator: "\n").count { $0.contains("connections cannot be accepted") }
        #expect((1...5).contains(warnings))
        await Self.end(daemon)
    }

    private static func connections(_ count: Int, _ daemon: DaemonProcess) async throws -> [LoopbackClient] {
        var clients: [LoopbackClient] = []
        for _ in 0..<count { clients.append(try await LoopbackClient.connect(to: daemon.address)) }
        return clients
    }

    /// With all numbers below the limit in use the next accept(2) fails, until another descriptor is given up for it.
    ///
    /// The daemon may just then close a file that it read; so more than one try.
    private static func isRefusedWithoutDescriptors(by daemon: DaemonProcess) async throws -> Bool {
        for _ in 0..<10 {
            try await daemon.waitUntilIdle()
            try await limitDescriptors(of: daemon, to: lowestFreeDescriptor(of: daemon))
            for _ in 0..<20 {
                let client = try await LoopbackClient.connect(to: daemon.address)
                defer { client.close() }
                if let reply = try? await client.request("GET", "/healthz"), reply.status == 503 { return true }
            }
            try await limitDescriptors(of: daemon, to: 4096)
        }
        return false
    }

    private static func lowestFreeDescriptor(of daemon: DaemonProcess) -> Int {
        var link: UInt8 = 0
        return (0..<1024).first { readlink("/proc/\(daemon.processID)/fd/\($0)", &link, 1) < 0 } ?? 1024
    }

    private static func limitDescriptors(of daemon: DaemonProcess, to limit: Int) async throws {
        let result = try await CommandLineTool.run("prlimit", ["--pid", "\(daemon.processID)", "--nofile=\(limit):"])
        #expect(result.status == 0)
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
