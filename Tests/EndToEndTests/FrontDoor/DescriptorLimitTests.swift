import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Few descriptors, and none.
@Suite(.timeLimit(.minutes(2))) struct DescriptorLimitTests {
    private static let clients = 60

    /// A daemon that may have `limit` open files.
    private static func start(limit: Int, in directory: TemporaryDirectory) async throws -> DaemonProcess {
        let program = try Executables.path(of: "bucketd")
        let script = "#!/bin/sh\nexec prlimit --nofile=\(limit):\(limit) \(program) \"$@\"\n"
        try directory.write(script.utf8, to: "limited")
        chmod(directory.file("limited").string, 0o755)
        var options = DaemonProcess.Options(settings: AuditedDaemon.settings)
        options.executable = directory.file("limited")
        return try await DaemonProcess.start(in: directory, options: options)
    }

    /// As many as there is room for upload, the others are told to come again; then there is room again.
    @Test(.requires(.command("prlimit")))
    func fewDescriptorsAreFewConnections() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await Self.start(limit: 256, in: directory)
        #expect(daemon.output.contains("fewer connections than limits.maxConnections"))
        var clients: [LoopbackClient] = []
        for number in 0..<Self.clients {
            let client = try await LoopbackClient.connect(to: daemon.address)
            // It may have been turned away already.
            try? await client.send(LoopbackClient.head("PUT", "/files/x\(number)", length: 10) + "1")
            clients.append(client)
        }
        var names: [String] = []
        for (number, client) in clients.enumerated() {
            try? await client.send("123456789")
            let reply = try await client.readReply()
            if reply.status == 201 {
                names.append("x\(number)")
            } else {
                #expect(reply.status == 503, "\(reply.text)")
                #expect(reply.isProblem)
                #expect(reply["Retry-After"] != nil)
            }
        }
        #expect(names.count == 21)
        for client in clients { client.close() }
        while try await daemon.request("PUT", "/files/good", body: [1]).status != 201 { try Task.checkCancellation() }
        for name in names { #expect(try directory.read("bucket/\(name)") == Array("1123456789".utf8)) }
        #expect(directory.names(in: "bucket") == (names + ["good"]).sorted())
        #expect(!daemon.output.contains("cannot be accepted"))
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test(.requires(.command("prlimit")))
    func tooFewDescriptorsAreRefusedAtTheStart() async throws {
        let directory = try TemporaryDirectory()
        await #expect(throws: (any Error).self) { try await Self.start(limit: 255, in: directory) }
    }

    /// accept(2) finds none, and again when one was given up for it and an upload was faster: strace has it fail.
    @Test(.requires(.root, .command("strace")), arguments: ["when=1", "when=1..4"])
    func whoeverFindsNoDescriptorIsAnswered(failures: String) async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let fault = try await SystemCallFault.attach(to: daemon, "accept4", "error=EMFILE:\(failures)")
        defer { fault.terminate() }
        let reply = try await daemon.request("GET", "/healthz")
        #expect(reply.status == 503)
        #expect(reply.isProblem)
        #expect(reply["Retry-After"] != nil)
        while try await daemon.request("PUT", "/files/good", body: [1]).status != 201 { try Task.checkCancellation() }
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// Nothing spins while nobody can be accepted, and all is well afterwards.
    @Test(.requires(.root, .command("strace")))
    func withoutDescriptorsTheDaemonRests() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let patient = try await LoopbackClient.connect(to: daemon.address)
        #expect(try await patient.request("GET", "/healthz").status == 200)
        let fault = try await SystemCallFault.attach(to: daemon, "accept4", "error=EMFILE")
        defer { fault.terminate() }
        var waiting: [LoopbackClient] = []
        for _ in 0..<40 { waiting.append(try await LoopbackClient.connect(to: daemon.address)) }
        let before = try daemon.processorTime()
        let start = ContinuousClock.now
        // A client that was there before is served all the same, and waits for an event meanwhile.
        for _ in 0..<5 { #expect(try await patient.request("GET", "/healthz").status == 200) }
        let silent = try await LoopbackClient.connect(to: daemon.address, timeout: .seconds(1))
        _ = try? await silent.readToEnd()
        let share = try (daemon.processorTime() - before) / (ContinuousClock.now - start)
        #expect(share < 0.3)
        for client in waiting { client.close() }
        await fault.end()
        while try await daemon.request("PUT", "/files/good", body: [1]).status != 201 { try Task.checkCancellation() }
        try await daemon.waitUntilIdle()
        #expect(daemon.output.split(separator: "\n").count { $0.contains("connections cannot be accepted") } == 1)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }
}
