import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(3)), .requires(.command("vips"))) struct ThumbnailTests {
    private let directory: TemporaryDirectory
    private let daemon: DaemonProcess

    init() async throws {
        directory = try TemporaryDirectory()
        let settings = "thumbnails: {sizes: [256, 64]}\n"
        daemon = try await DaemonProcess.start(in: directory, options: .init(settings: settings))
    }

    private func vips(_ arguments: String...) async throws {
        let outcome = try await CommandLineTool.run("vips", arguments)
        try #require(outcome.status == 0, "\(outcome.errorText)")
    }

    private func upload(_ name: String) async throws -> FileEntry {
        let reply = try await daemon.request("PUT", "/files/\(name)", body: try directory.read(name))
        #expect((200..<300).contains(reply.status), "\(reply.text)")
        return try await settledEntry(name)
    }

    /// The file's entry, once its jobs have ended.
    private func settledEntry(_ name: String) async throws -> FileEntry {
        let files = try await daemon.settledFiles(prefix: name)
        return try #require(files.first { $0.filename == name })
    }

    private func thumbnailJob(_ file: FileEntry) throws -> JobEntry {
        try #require(file.jobs.last { $0.kind == "thumbnail" })
    }

    @Test func aPictureGetsItsThumbnails() async throws {
        try await vips("gaussnoise", "\(directory.file("p.jpg"))", "900", "600")
        let file = try await upload("p.jpg")
        #expect(try thumbnailJob(file).state == "done")
        #expect(file.thumbnails?.keys.sorted() == ["256", "64"])
        for (size, expected) in [("256", "256x171"), ("64", "64x43")] {
            let path = "bucket.state/thumbnails/\(size)/p.jpg.webp"
            let header = try await CommandLineTool.run("vipsheader", [directory.file(path).string])
            #expect(header.outputText.contains(expected), "\(header.outputText)")
            let served = try await daemon.request("GET", "/thumbnails/p.jpg?size=\(size)")
            #expect(served.status == 200)
            #expect(served["Content-Type"] == "image/webp")
            #expect(served.body == (try directory.read(path)))
        }
    }

    @Test func aReplacedPictureGetsAThumbnailOfItsOwn() async throws {
        try await vips("gaussnoise", "\(directory.file("p.png"))", "400", "400")
        _ = try await upload("p.png")
        try await vips("gaussnoise", "\(directory.file("p.png"))", "400", "100")
        let file = try await upload("p.png")
        #expect(try thumbnailJob(file).state == "done")
        let header = try await CommandLineTool.run(
            "vipsheader",
            [directory.file("bucket.state/thumbnails/256/p.png.webp").string]
        )
        #expect(header.outputText.contains("256x64"), "\(header.outputText)")
    }

    @Test func aPictureReplacedByTextLeavesNoThumbnail() async throws {
        try await vips("gaussnoise", "\(directory.file("p.png"))", "400", "400")
        _ = try await upload("p.png")
        #expect(directory.exists("bucket.state/thumbnails/256/p.png.webp"))
        try directory.write(Array("text".utf8), to: "p.png")
        let file = try await upload("p.png")
        #expect(try thumbnailJob(file).state == "done")
        #expect(!directory.exists("bucket.state/thumbnails/256/p.png.webp"))
        #expect(!directory.exists("bucket.state/thumbnails/64/p.png.webp"))
    }

    /// The upload stands whatever its thumbnail job comes to.
    @Test func whatIsNoGoodPictureIsStoredAllTheSame() async throws {
        try await vips("gaussnoise", "\(directory.file("whole.jpg"))", "800", "800")
        let whole = try directory.read("whole.jpg")
        try directory.write(whole.prefix(whole.count / 2), to: "half.jpg")
        let half = try thumbnailJob(try await upload("half.jpg"))
        #expect(half.state == "dead")
        #expect(half.error?.isEmpty == false)
        try directory.write([UInt8](repeating: 0x55, count: 5000), to: "noise.jpg")
        let noise = try thumbnailJob(try await upload("noise.jpg"))
        #expect(noise.state == "done")
        #expect(noise.result?.contains("not applicable") == true, "\(noise)")
        for name in ["half.jpg", "noise.jpg"] {
            #expect(try directory.read("bucket/\(name)") == (try directory.read(name)))
            #expect(try await daemon.request("GET", "/thumbnails/\(name)").status == 404)
        }
        #expect(try await daemon.request("PUT", "/files/good", body: [1]).status == 201)
    }

    /// 100 kB on the wire, 900 million pixels in memory.
    @Test func aPictureOfTooManyPixelsIsStoredAndNotDecoded() async throws {
        try await vips("black", "\(directory.file("bomb.png"))[bitdepth=1,compression=9]", "30000", "30000")
        let bomb = try directory.read("bomb.png")
        let reply = try await daemon.request("PUT", "/files/bomb.png", body: bomb)
        #expect(reply.status == 201, "\(reply.text)")
        let job = try thumbnailJob(try await settledEntry("bomb.png"))
        #expect(job.state == "dead", "\(job)")
        #expect(job.error?.contains("900000000 pixels") == true, "\(job)")
        #expect(try directory.read("bucket/bomb.png") == bomb)
        #expect(try await daemon.request("GET", "/thumbnails/bomb.png").status == 404)
    }

    /// Archives are neither unpacked nor looked into.
    @Test(arguments: [
        ("a.gz", [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 0x03] as [UInt8]),
        ("a.zip", [0x50, 0x4B, 0x03, 0x04, 0x14, 0, 0, 0, 0x08, 0] as [UInt8]),
    ])
    func anArchiveIsStoredAsItIs(_ name: String, head: [UInt8]) async throws {
        let archive = head + Content(seed: 11, size: 100_000).bytes
        try directory.write(archive, to: name)
        let job = try thumbnailJob(try await upload(name))
        #expect(job.state == "done", "\(job)")
        #expect(job.result == "not applicable", "\(job)")
        #expect(try directory.read("bucket/\(name)") == archive)
        let served = try await daemon.request("GET", "/files/\(name)")
        #expect(served["Content-Encoding"] == nil)
        #expect(served.body == archive)
    }
}
