import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The tus clients that people use, against the built daemon.
@Suite(.requires(.tusClients), .timeLimit(.minutes(5))) struct TusClientTests {
    private let content = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 16) }

    private func run(
        _ client: String,
        _ name: String,
        _ options: [String],
        on daemon: DaemonProcess
    ) async throws -> CommandLineTool.Outcome {
        try daemon.directory.write(content, to: "content")
        return try await CommandLineTool.run(
            Repository.python.string,
            try arguments(client, name, options, on: daemon)
        )
    }

    private func arguments(_ client: String, _ name: String, _ options: [String], on daemon: DaemonProcess) throws
        -> [String]
    {
        let url = try #require(daemon.url)
        return [Repository.file("Tests/EndToEndTests/Tus/clients.py").string, client, url + "/files"]
            + [daemon.directory.file("content").string, name] + options
    }

    @Test(arguments: [
        ("tuspy", ["--chunk", "300000"]), ("tuspy", ["--chunk", "100000", "--checksum"]), ("tuspy", []),
        ("tuspy", ["--chunk", "300000", "--defer"]), ("tuspy", ["--chunk", "1000000", "--defer", "--checksum"]),
        ("aiotus", ["--chunk", "300000"]), ("aiotus", []), ("aiotus", ["--parts", "4"]),
    ])
    func aFileInChunksArrivesWhole(_ client: String, _ options: [String]) async throws {
        let daemon = try await DaemonProcess.start(in: try TemporaryDirectory())
        let outcome = try await run(client, "räksmörgås.bin", options, on: daemon)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try daemon.directory.read("bucket/räksmörgås.bin") == content)
        // The parts stay for clients that use them again, until they expire.
        let parts = options.contains("--parts") ? 4 : 0
        #expect(daemon.directory.names(in: "bucket.state/spool").count == parts)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func anUploadGoesOnWithAServerThatWasKilled() async throws {
        let directory = try TemporaryDirectory()
        var url: String?
        // Each server dies after some chunks.
        for stop in [300_000, 600_000, 900_000] {
            let daemon = try await DaemonProcess.start(in: directory)
            var options = ["--chunk", "100000", "--stop-at", "\(stop)"]
            if let url {
                options += ["--url", try #require(daemon.url) + url]
            }
            let outcome = try await run("tuspy", "killed.bin", options, on: daemon)
            try #require(outcome.status == 0, "\(outcome.errorText)")
            let words = outcome.outputText.split(whereSeparator: \.isWhitespace).map(String.init)
            #expect(words[1] == "\(stop - 300_000)", "the offset went elsewhere")
            url = "/uploads/" + (words[0].split(separator: "/").last ?? "")
            daemon.kill()
            await daemon.waitForExit()
        }
        let daemon = try await DaemonProcess.start(in: directory)
        let options = ["--url", try #require(daemon.url) + (url ?? "")]
        let outcome = try await run("tuspy", "killed.bin", options, on: daemon)
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(try daemon.directory.read("bucket/killed.bin") == content)
        daemon.kill()
        await daemon.waitForExit()
    }
}

// MARK: Within a chunk

extension TusClientTests {
    /// More than what is made safe while a request goes on.
    private static let large = RepeatedNoise(seed: 7, size: 64 << 20)

    /// As by a disk that is busy: clients are faster than the test's looks at what has come.
    private func slowed(_ daemon: DaemonProcess) async throws -> SystemCallFault {
        try await SystemCallFault.attach(to: daemon, "pwrite64", "delay_enter=20000")
    }

    /// Of the only upload there is, so many bytes are with the kernel; the file that has them.
    private func spooled(_ count: Int, in daemon: DaemonProcess) async throws -> FilePath {
        while true {
            try Task.checkCancellation()
            if let name = daemon.directory.names(in: "bucket.state/spool").first {
                let file = daemon.state.appending("spool").appending(name)
                if (try? size(of: file)) ?? 0 >= count { return file }
            }
            await Task.yield()
        }
    }

    private func size(of file: FilePath) throws -> Int {
        var status = stat()
        guard lstat(file.string, &status) == 0 else { throw Errno(rawValue: errno) }
        return Int(status.st_size)
    }

    private func expectWhole(_ daemon: DaemonProcess) async throws {
        let isWhole = try daemon.directory.read("bucket/large.bin") == Self.large.bytes(0..<Self.large.size)
        #expect(isWhole)
        #expect(daemon.directory.names(in: "bucket") == ["large.bin"])
        #expect(daemon.directory.names(in: "bucket.state/spool").isEmpty)
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private static let options = DaemonProcess.Options(arguments: ["--log-level", "info"])

    /// All of it is one chunk: each server dies when so much of it has come.
    @Test(.requires(.root, .command("strace")))
    func whatCameOfAChunkBeforeTheServerDiedIsKept() async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.large.bytes(0..<Self.large.size), to: "content")
        let whole = ["--chunk", "\(Self.large.size)"]
        var (upload, told): (String?, Int) = (nil, 0)
        for count in [4 << 20, 44 << 20] {
            let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
            let slow = try await slowed(daemon)
            let again = try upload.map { ["--url", try #require(daemon.url) + $0] } ?? []
            let client = try await ChildProcess.start(
                Repository.python,
                try arguments("tuspy", "large.bin", whole + again, on: daemon)
            )
            let line = try #require(await client.line(containing: "/uploads/"))
            let words = line.split(separator: " ")
            let offset = try #require(words.last.flatMap { Int($0) })
            #expect(offset >= told)
            told = offset
            upload = words.first.flatMap { UploadDialect.path(ofLocation: String($0)) }
            let file = try await spooled(count, in: daemon)
            daemon.kill()
            await daemon.waitForExit()
            await slow.end()
            #expect(await client.waitForExit() != 0)
            #expect(try size(of: file) < Self.large.size, "the server died too late")
        }
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        let url = try #require(daemon.url) + (upload ?? "")
        let reply = try await daemon.send(UploadDialect.tus.query(upload ?? ""))
        let kept = try #require(reply["Upload-Offset"].flatMap { Int($0) })
        #expect(kept >= 32 << 20 && kept >= told)
        let outcome = try await CommandLineTool.run(
            Repository.python.string,
            try arguments("tuspy", "large.bin", whole + ["--url", url], on: daemon)
        )
        #expect(outcome.status == 0, "\(outcome.errorText)")
        try await expectWhole(daemon)
    }

    /// The client finds out by itself, asks where it stands and goes on with the next server.
    @Test(.requires(.root, .command("strace")), arguments: ["tuspy", "aiotus"], [false, true])
    func aClientGoesOnByItselfWhenTheServerDiesWithinAChunk(_ name: String, _ isOneChunk: Bool) async throws {
        let directory = try TemporaryDirectory()
        try directory.write(Self.large.bytes(0..<Self.large.size), to: "content")
        let daemon = try await DaemonProcess.start(in: directory, options: Self.options)
        let slow = try await slowed(daemon)
        let chunk = isOneChunk ? Self.large.size : 3 << 20
        let client = try await ChildProcess.start(
            Repository.python,
            try arguments(name, "large.bin", ["--chunk", "\(chunk)", "--retries", "200"], on: daemon)
        )
        let file = try await spooled(10 << 20, in: daemon)
        daemon.kill()
        await daemon.waitForExit()
        await slow.end()
        #expect(try size(of: file) < Self.large.size, "the server died too late")
        // There, where the client looks for it.
        var options = Self.options
        options.listen = try #require(daemon.url.map { String($0.dropFirst("http://".count)) })
        let next = try await daemon.restart(options: options)
        #expect(await client.waitForExit() == 0, "\(client.output)")
        try await expectWhole(next)
    }
}

extension Repository {
    /// With what `Tests/requirements.txt` names; scripts/test installs it.
    static var python: FilePath { file(".venv/bin/python3") }
}

extension Requirement {
    static let tusClients = Requirement("tuspy and aiotus (scripts/test installs them)") {
        access(Repository.python.string, X_OK) == 0
    }
}
