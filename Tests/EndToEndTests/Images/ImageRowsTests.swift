import IngestTesting
import SystemPackage
import Testing

/// Whatever an upload claims to be: it is stored as it came, and only pictures are decoded.
@Suite(.timeLimit(.minutes(2))) struct ImageRowsTests {
    private let directory: TemporaryDirectory
    private let daemon: DaemonProcess

    init() async throws {
        directory = try TemporaryDirectory()
        daemon = try await DaemonProcess.start(in: directory)
    }

    /// Uploads, and returns the thumbnail job at its end, once the file is known to be as it was sent.
    private func job(_ name: String, _ content: [UInt8]) async throws -> JobEntry {
        let reply = try await daemon.request(
            "PUT",
            "/files/\(name)",
            headers: [("Content-Type", "image/png")],
            body: content
        )
        #expect(reply.status == 201, "\(reply.text)")
        let file = try #require(try await daemon.settledFiles(prefix: name).first)
        #expect(file.size == content.count)
        #expect(file.jobs.first { $0.kind == "checksum" }?.state == "done")
        #expect(try directory.read("bucket/\(name)") == content)
        let served = try await daemon.request("GET", "/files/\(name)")
        #expect(served.body == content)
        #expect(served["Content-Encoding"] == nil)
        return try #require(file.jobs.first { $0.kind == "thumbnail" })
    }

    private func expectNoThumbnail(_ name: String) async throws {
        #expect(try await daemon.request("GET", "/thumbnails/\(name)").status == 404)
        #expect(directory.names(in: "bucket.state/thumbnails/256").isEmpty)
        #expect(directory.names(in: "bucket.state/tmp").isEmpty)
    }

    /// A header that announces 2.5 gigapixels, and nothing behind it.
    @Test func announcedPixelsAreCountedBeforeTheyAreDecoded() async throws {
        let picture = PNG(width: 50_000, height: 50_000).bytes
        let job = try await job("huge.png", picture)
        #expect(job.state == "dead")
        #expect(job.error?.contains("2500000000 pixels") == true, "\(job)")
        try await expectNoThumbnail("huge.png")
        let helpers = daemon.children()
        #expect(!helpers.isEmpty)
        for helper in helpers {
            #expect(try peakMemory(of: helper) < 256 << 20)
        }
    }

    /// Formats that draw, include or run things have no decoder here, whatever their names say.
    static let scripts = [
        "mvg.jpg": "push graphic-context\nviewbox 0 0 640 480\n"
            + "fill 'url(https://127.0.0.1/x.jpg\"|touch /tmp/pwned\")'\npop graphic-context\n",
        "msl.png": "<?xml version=\"1.0\"?><image><read filename=\"/etc/passwd\"/><write filename=\"x.png\"/></image>",
        "svg.png": "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">"
            + "<image xlink:href=\"file:///etc/passwd\"/></svg>",
        "pdf.png": "%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/Launch/F(/bin/sh)>>>>endobj\n%%EOF\n",
        "ps.jpg": "%!PS-Adobe-3.0\n(/etc/passwd) (r) file 100 string readstring pop print showpage\n",
        "label.png": "label:@/etc/passwd", "ppm.png": "P6\n1 1\n255\nabc", "xbm.png": "#define x_width 1\n",
        "empty.png": "", "zero.png": String(repeating: "\0", count: 100),
    ]

    @Test func whatIsNoPictureIsNotDecoded() async throws {
        for (name, content) in Self.scripts {
            let job = try await job(name, Array(content.utf8))
            #expect(job.state == "done", "\(job)")
            #expect(job.result == "not applicable", "\(job)")
            try await expectNoThumbnail(name)
        }
    }

    /// The hole was in decoders that read a `profile` text as a file's name and put its content into what they wrote.
    @Test(.requires(.command("vips")))
    func aProfileIsNoFileName() async throws {
        _ = try await CommandLineTool.run("vips", ["black", directory.file("p.png").string, "64", "64"])
        let picture = try directory.read("p.png").insertingPNGChunk("tEXt", Array("profile\0/etc/passwd".utf8))
        let job = try await job("profile.png", picture)
        #expect(job.state == "done")
        let thumbnail = try await daemon.request("GET", "/thumbnails/profile.png")
        #expect(thumbnail.status == 200)
        let secret = try #require(try directory.read("/etc/passwd").split(separator: 10).first)
        let digits = secret.flatMap { byte in
            let text = Array(String(byte, radix: 16).utf8)
            return text.count == 1 ? [UInt8(ascii: "0")] + text : text
        }
        for bytes in [thumbnail.body, thumbnail.body.map { $0 | 0x20 }] {
            #expect(bytes.firstRange(of: secret) == nil)
            #expect(bytes.firstRange(of: digits) == nil)
        }
    }

    /// What grows a thousandfold when it is unpacked is not unpacked.
    @Test(arguments: ["bomb.gz", "bomb.jpg"])
    func aBombIsStoredAsItIs(name: String) async throws {
        let outcome = try await CommandLineTool.run("sh", ["-c", "head -c 50M /dev/zero | gzip -9"])
        #expect(outcome.output.count > 40_000)
        let memory = try daemon.residentMemory()
        let job = try await job(name, outcome.output)
        #expect(job.state == "done", "\(job)")
        #expect(job.result == "not applicable", "\(job)")
        #expect(try daemon.peakMemory() < memory + (32 << 20))
    }
}

/// A PNG of one header and a few bytes that are no pixels.
private struct PNG {
    let bytes: [UInt8]

    init(width: UInt32, height: UInt32) {
        let size = [width, height].flatMap { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        let header = size + [8, 2, 0, 0, 0]
        bytes =
            [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10] + Self.chunk("IHDR", header)
            + Self.chunk("IDAT", [0x78, 0x9C, 0x63, 0x60, 0, 0, 0, 2, 0, 1]) + Self.chunk("IEND", [])
    }

    /// Length, type, data and CRC-32 (RFC 2083 section 3.2).
    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let content = Array(type.utf8) + data
        var crc = UInt32.max
        for byte in content {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        let numbers = [UInt32(data.count), ~crc].map { number in withUnsafeBytes(of: number.bigEndian) { Array($0) } }
        return numbers[0] + content + numbers[1]
    }
}

extension [UInt8] {
    /// After the header, which is 25 bytes behind the signature's 8.
    fileprivate func insertingPNGChunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        Array(self[..<33]) + PNG.chunk(type, data) + self[33...]
    }
}
