import Glibc
import IngestTesting
import SystemPackage
import Testing

/// `/readyz` says why uploads would be refused now, and is well again by itself once they would not.
@Suite(.timeLimit(.minutes(2))) struct ReadinessTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start(_ settings: String) async throws -> DaemonProcess {
        try await DaemonProcess.start(
            in: directory,
            options: .init(settings: "thumbnails: {sizes: []}\n\(settings)\n")
        )
    }

    private func readiness(_ daemon: DaemonProcess, json: Bool = false) async throws -> Reply {
        try await daemon.request("GET", "/readyz", headers: json ? [("Accept", "application/json")] : [])
    }

    @Test func everyReasonIsALine() async throws {
        let daemon = try await start("")
        #expect(try await readiness(daemon).text == "ok\n")
        #expect(try await readiness(daemon, json: true).text == "{\"ready\":true,\"reasons\":[]}\n")
        #expect(try await daemon.request("PUT", "/files/a", body: [1, 2]).status == 201)
        try directory.write(
            "thumbnails: {sizes: []}\nlimits: {minFreeSpace: 8000000TiB, quota: 2}\n".utf8,
            to: "bucketd.yaml"
        )
        daemon.process.signal(SIGHUP)
        _ = await daemon.process.line(containing: "settings reloaded")
        let reply = try await readiness(daemon)
        #expect(reply.status == 503)
        let codes = reply.text.split(separator: "\n").compactMap { $0.split(separator: ":").first.map(String.init) }
        #expect(codes == ["no-space", "quota-exceeded"], "\(reply.text)")
        let json = try await readiness(daemon, json: true)
        #expect(json.status == 503)
        #expect(
            json.text.hasPrefix("{\"ready\":false,\"reasons\":[{\"code\":\"no-space\",\"reason\":\""),
            "\(json.text)"
        )
        // What is there can be read.
        #expect(try await daemon.request("GET", "/files/a").status == 200)
        #expect(try await daemon.request("GET", "/healthz").status == 200)
    }

    @Test func aLockedLedgerIsToldOfUntilItIsFree() async throws {
        let daemon = try await start("")
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 201)
        try await daemon.settleJobs()
        let other = try LedgerFile(directory.file("bucket.state/ledger.sqlite"))
        try other.execute("BEGIN IMMEDIATE")
        #expect(try await daemon.request("PUT", "/files/b", body: [1]).status == 503)
        let locked = try await readiness(daemon)
        #expect(locked.status == 503 && locked.text.hasPrefix("busy: "), "\(locked.text)")
        try other.execute("ROLLBACK")
        // It tries by itself.
        while try await readiness(daemon).status != 200 { try Task.checkCancellation() }
        #expect(try await daemon.request("PUT", "/files/b", body: [1]).status == 201)
    }

    @Test func aLockedLedgerIsFoundThoughNobodyWrites() async throws {
        let daemon = try await start("")
        let other = try LedgerFile(directory.file("bucket.state/ledger.sqlite"))
        try other.execute("BEGIN IMMEDIATE")
        var reply = try await readiness(daemon)
        while reply.status == 200 {
            try Task.checkCancellation()
            reply = try await readiness(daemon)
        }
        #expect(reply.status == 503 && reply.text.hasPrefix("busy: "), "\(reply.text)")
        try other.execute("ROLLBACK")
        while try await readiness(daemon).status != 200 { try Task.checkCancellation() }
    }

    @Test func aServerThatStopsIsNotReady() async throws {
        let daemon = try await start("")
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/slow", length: 4))
        try await client.send([1, 2])
        try await daemon.waitForSpool(in: directory)
        daemon.terminate()
        _ = await daemon.process.line(containing: "stopping")
        while try await readiness(daemon).status == 200 { try Task.checkCancellation() }
        let reply = try await readiness(daemon)
        #expect(reply.status == 503 && reply.text.contains("shutting down"), "\(reply.text)")
        try await client.send([3, 4])
        #expect(try await client.readReply().status == 201)
        #expect(await daemon.waitForExit() == 0)
    }
}
