import Glibc
import IngestTesting
import SystemPackage
import Testing

/// A decoder that dies, hangs or wants too much is a failed job with its reason; the upload stands.
@Suite(.timeLimit(.minutes(2)), .requires(.command("vips"))) struct DecoderFaultTests {
    private let directory: TemporaryDirectory
    /// Takes long enough to be met while it is decoded: 64 megapixels, in passes that need all of them in memory.
    private static let picture = "slow.jpg"

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func makePicture() async throws {
        let file = directory.file("black.v").string
        for arguments in [
            ["black", file, "8000", "8000", "--bands", "3"],
            ["jpegsave", file, directory.file(Self.picture).string, "--interlace"],
        ] {
            let outcome = try await CommandLineTool.run("vips", arguments)
            try #require(outcome.status == 0, "\(outcome.errorText)")
        }
        unlink(file)
    }

    /// A helper tries its locks on a child of its own when it starts: the first picture has it done with that.
    private func start(_ thumbnails: String = "{}") async throws -> DaemonProcess {
        let daemon = try await DaemonProcess.start(
            in: directory,
            options: .init(settings: "thumbnails: \(thumbnails)\n")
        )
        let picture = try Repository.read("docs/picture.jpg")
        #expect(try await daemon.request("PUT", "/files/first.jpg", body: picture).status == 201)
        if !thumbnails.contains("helper") { try await daemon.settleJobs() }
        return daemon
    }

    private func upload(to daemon: DaemonProcess) async throws {
        try await makePicture()
        let reply = try await daemon.request("PUT", "/files/\(Self.picture)", body: try directory.read(Self.picture))
        #expect(reply.status == 201, "\(reply.text)")
    }

    private func thumbnailJob(_ daemon: DaemonProcess, of name: String = picture) async throws -> JobEntry {
        let files = try await daemon.json(FileList.self, at: "/files?prefix=\(name)").files
        return try #require(files.first?.jobs.first { $0.kind == "thumbnail" })
    }

    /// Sends a signal to every decoder that turns up until the job has ended.
    private func afflict(_ daemon: DaemonProcess, with signal: Int32) async throws -> JobEntry {
        let affliction = Task {
            while true {
                for decoder in daemon.decoders() { kill(decoder, signal) }
                // The kernel tells nobody of another's children.
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        defer { affliction.cancel() }
        try await daemon.settleJobs()
        return try await thumbnailJob(daemon)
    }

    /// The upload is there, its thumbnail is not, and the next picture gets one.
    private func expectOnlyTheJobFailed(_ daemon: DaemonProcess, _ job: JobEntry, reason: String) async throws {
        #expect(job.state == "dead", "\(job)")
        #expect(job.error?.contains(reason) == true, "\(job)")
        #expect(try directory.read("bucket/\(Self.picture)") == (try directory.read(Self.picture)))
        let missing = try await daemon.request("GET", "/thumbnails/\(Self.picture)")
        #expect(missing.status == 404)
        #expect(missing.text.contains("\"dead\""), "\(missing.text)")
        #expect(directory.names(in: "bucket.state/tmp").isEmpty)
        let next = try await daemon.request("PUT", "/files/next.jpg", body: try Repository.read("docs/picture.jpg"))
        #expect(next.status == 201)
        try await daemon.settleJobs()
        #expect(try await thumbnailJob(daemon, of: "next.jpg").state == "done")
        #expect(daemon.decoders().isEmpty)
        try await daemon.waitUntilIdle()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    @Test func aCrash() async throws {
        let daemon = try await start()
        try await upload(to: daemon)
        let job = try await afflict(daemon, with: SIGSEGV)
        #expect(job.attempt == 3)
        try await expectOnlyTheJobFailed(daemon, job, reason: "signal")
    }

    @Test func aHang() async throws {
        let daemon = try await start("{timeout: 1s}")
        try await upload(to: daemon)
        let job = try await afflict(daemon, with: SIGSTOP)
        #expect(job.attempt == 3)
        try await expectOnlyTheJobFailed(daemon, job, reason: "too long")
    }

    /// The same picture would need the same memory again, so it is not tried again.
    @Test func aMemoryBomb() async throws {
        let daemon = try await start("{memory: 256MiB}")
        try await upload(to: daemon)
        try await daemon.settleJobs()
        let job = try await thumbnailJob(daemon)
        #expect(job.attempt == 1)
        try await expectOnlyTheJobFailed(daemon, job, reason: "memory")
    }

    /// What ends at once, says nonsense, or is none.
    @Test(arguments: ["exit 1", "echo nonsense", "kill -9 $$", "exec 0<&-; exec sleep 1"])
    func aHelperThatIsNone(script: String) async throws {
        try directory.write("#!/bin/sh\n\(script)\n".utf8, to: "helper")
        #expect(chmod(directory.file("helper").string, 0o755) == 0)
        let daemon = try await start("{helper: \(directory.file("helper"))}")
        let picture = try Repository.read("docs/picture.jpg")
        #expect(try await daemon.request("PUT", "/files/\(Self.picture)", body: picture).status == 201)
        var job = try await thumbnailJob(daemon)
        while !job.isFinal, job.error == nil {
            try Task.checkCancellation()
            job = try await thumbnailJob(daemon)
        }
        #expect(job.error?.contains("helper") == true, "\(job)")
        #expect(try directory.read("bucket/\(Self.picture)") == picture)
        #expect(try await daemon.request("PUT", "/files/good", body: [1]).status == 201)
        try await daemon.waitUntilIdle()
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    /// A picture that is being decoded at a stop is decoded after the next start, as if nothing had happened.
    @Test func aStopCostsNoAttempt() async throws {
        let daemon = try await start()
        try await upload(to: daemon)
        while daemon.decoders().isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        // Stopped, it is still at work when the daemon gives up waiting for it.
        for decoder in daemon.decoders() { kill(decoder, SIGSTOP) }
        #expect(try await thumbnailJob(daemon).state == "running")
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        #expect(!directory.exists("bucket.state/thumbnails/256/\(Self.picture).webp"))
        let again = try await daemon.restart()
        try await again.settleJobs()
        let job = try await thumbnailJob(again)
        #expect(job.state == "done", "\(job)")
        #expect(job.attempt == 1, "\(job)")
        #expect(directory.exists("bucket.state/thumbnails/256/\(Self.picture).webp"))
        #expect(!again.output.contains("jobs rescued"))
        again.terminate()
        #expect(await again.waitForExit() == 0)
    }
}
