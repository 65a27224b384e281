import Glibc
import IngestTesting
import SystemPackage
import Testing
import Threading

/// What becomes of `bucketctl put` and `get` when connections, programs and servers end in the middle.
@Suite(.timeLimit(.minutes(2))) struct ClientInterruptionTests {
    private static let size = 24_000_000
    /// What an interruption may cost: heads, and what the server's socket has received and nobody has read by then, up to
    /// the last number of tcp_rmem (tcp(7)).
    private static let allowance = 7_000_000

    private let directory: TemporaryDirectory
    private let content = Content(seed: 7, size: ClientInterruptionTests.size).bytes

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write(content, to: "large.bin")
    }

    private func path(_ name: String) -> String { directory.file(name).string }

    private func start() async throws -> DaemonProcess {
        let options = DaemonProcess.Options(settings: "thumbnails: {sizes: []}\nshutdownTimeout: 1s\n")
        return try await DaemonProcess.start(in: directory, options: options)
    }

    private func isStored() throws -> Bool { try directory.read("bucket/large.bin") == content }

    @Test func aLostConnectionCostsNothingThatTheServerHas() async throws {
        let daemon = try await start()
        defer { daemon.terminate() }
        let proxy = try CuttingProxy(to: daemon.address) { $0 < 2 ? .cut(after: 9_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let outcome = try await client.run("put", path("large.bin"))
        #expect(outcome.status == 0 && outcome.outputText == "large.bin\n", "\(outcome.errorText)")
        #expect(outcome.errorText.contains("Trying again in"))
        #expect(try isStored())
        #expect(proxy.forwarded.count >= 3)
        #expect(proxy.forwarded.reduce(0, +) < content.count + 2 * Self.allowance, "\(proxy.forwarded)")
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }

    @Test func aKilledProgramsUploadGoesOnInTheNextRun() async throws {
        let daemon = try await start()
        defer { daemon.terminate() }
        let proxy = try CuttingProxy(to: daemon.address) { $0 == 0 ? .hold(after: 15_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let killed = try await client.start("put", path("large.bin"))
        while proxy.held == 0 { await Task.yield() }
        killed.kill()
        #expect(await killed.waitForExit() == 128 + SIGKILL)
        #expect(directory.names(in: "client-state/bucketctl").count == 1)
        #expect(directory.names(in: "bucket").isEmpty)
        let again = try await client.run("put", path("large.bin"))
        #expect(again.status == 0 && again.errorText.contains("large.bin: going on after "), "\(again.errorText)")
        #expect(try isStored())
        #expect(proxy.forwarded.reduce(0, +) < content.count + 2 * Self.allowance, "\(proxy.forwarded)")
        #expect(directory.names(in: "client-state/bucketctl").isEmpty)
    }

    /// What was sent of the old content is removed from the server.
    @Test func aFileThatChangedMeanwhileStartsAnew() async throws {
        let daemon = try await start()
        defer { daemon.terminate() }
        let proxy = try CuttingProxy(to: daemon.address) { $0 == 0 ? .hold(after: 15_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let killed = try await client.start("put", path("large.bin"))
        while proxy.held == 0 { await Task.yield() }
        killed.kill()
        await killed.waitForExit()
        let other = Content(seed: 8, size: Self.size).bytes
        try directory.write(other, to: "large.bin")
        try await client.output("put", path("large.bin"))
        #expect(try directory.read("bucket/large.bin") == other)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        #expect(try await daemon.metric("bucketd_resumable_uploads_open") ?? 0 == 0)
    }

    @Test func anUploadGoesOnAfterTheServersRestart() async throws {
        let daemon = try await start()
        let proxy = try CuttingProxy(to: daemon.address) { $0 == 0 ? .hold(after: 15_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let put = try await client.start("put", path("large.bin"), "--retries", "20")
        while proxy.held == 0 { await Task.yield() }
        daemon.terminate()
        await daemon.waitForExit()
        let next = try await daemon.restart()
        defer { next.terminate() }
        proxy.redirect(to: next.address)
        #expect(await put.waitForExit() == 0, "\(put.output)")
        #expect(try isStored())
        #expect(proxy.forwarded.reduce(0, +) < content.count + Self.allowance, "\(proxy.forwarded)")
    }

    @Test func aFileThatChangesOnItsWayIsNotStored() async throws {
        let daemon = try await start()
        defer { daemon.terminate() }
        let proxy = try CuttingProxy(to: daemon.address) { $0 == 0 ? .hold(after: 9_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let put = try await client.start("put", path("large.bin"))
        while proxy.held == 0 { await Task.yield() }
        let file = try FileDescriptor.open(directory.file("large.bin"), .writeOnly, options: .closeOnExec)
        try file.closeAfter { _ = try file.writeAll(toAbsoluteOffset: 100, [1]) }
        proxy.release()
        #expect(await put.waitForExit() == 1)
        #expect(put.output.contains("large.bin: The file changed while it was read."), "\(put.output)")
        #expect(directory.names(in: "bucket").isEmpty)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
        #expect(directory.names(in: "client-state/bucketctl").isEmpty)
    }

    @Test func aDownloadGoesOnWhereItWas() async throws {
        let daemon = try await start()
        defer { daemon.terminate() }
        try await ClientProgram(directory, server: daemon.url).output("put", path("large.bin"))
        let proxy = try CuttingProxy(to: daemon.address) { $0 == 0 ? .cutAnswer(after: 15_000_000) : .none }
        let client = try ClientProgram(directory, server: proxy.url)
        let outcome = try await client.run("get", "large.bin", "-o", path("back"))
        #expect(outcome.status == 0 && outcome.errorText.contains("Trying again in"), "\(outcome.errorText)")
        #expect(try directory.read("back") == content)
        // A reset drops what was on its way.
        #expect(proxy.answered.count == 2)
        #expect(proxy.answered.reduce(0, +) < content.count + 10_000_000, "\(proxy.answered)")
        #expect(directory.names().allSatisfy { !$0.hasSuffix(".part") })
    }
}
