import FoundationEssentials
import IngestTesting
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct UploadTests {
    private let directory: TemporaryDirectory
    private let daemon: DaemonProcess

    init() async throws {
        directory = try TemporaryDirectory()
        daemon = try await DaemonProcess.start(in: directory)
    }

    private func curl(_ arguments: String...) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool.run("curl", ["--silent", "--show-error", "--max-time", "60"] + arguments)
    }

    private var url: String { get throws { try #require(daemon.url) } }

    @Test func curlUploadsAForm() async throws {
        let content = Content.random(maxSize: 3_000_000)
        try directory.write(content.bytes, to: "holiday.bin")
        let outcome = try await curl("-F", "file=@\(directory.file("holiday.bin"))", "\(url)/upload-file")
        #expect(outcome.status == 0, "\(outcome.errorText)")
        let answer = try JSONDecoder().decode(UploadAnswer.self, from: Data(outcome.output))
        #expect(answer.filename == "holiday.bin")
        #expect(answer.files.map(\.size) == [content.bytes.count])
        #expect(try directory.read("bucket/holiday.bin") == content.bytes)
        let back = try await curl("\(url)/files/holiday.bin")
        #expect(back.output == content.bytes)
    }

    @Test func aFormOfManyFilesKeepsTheirOrder() async throws {
        let files = (0..<20).map { ("f\($0).txt", Array("content \($0)".utf8)) }
        let form = FormBody(files: files)
        let reply = try await daemon.request(
            "POST",
            "/files",
            headers: [("Content-Type", form.contentType)],
            body: form.bytes
        )
        #expect(reply.status == 201, "\(reply.text)")
        let answer = try JSONDecoder().decode(FileList.self, from: Data(reply.body))
        #expect(answer.files.map(\.filename) == files.map(\.0))
        for (name, content) in files {
            #expect(try directory.read("bucket/\(name)") == content)
        }
    }

    @Test func aBrowserIsSentBackToThePage() async throws {
        let form = FormBody(files: [("a.txt", [65])])
        let headers = [
            ("Content-Type", form.contentType), ("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
        ]
        let reply = try await daemon.request("POST", "/files", headers: headers, body: form.bytes)
        #expect(reply.status == 303)
        #expect(reply["Location"] == "/")
        #expect(directory.names(in: "bucket") == ["a.txt"])
    }

    @Test func putCreatesThenReplaces() async throws {
        let first = try await daemon.request("PUT", "/files/in/a%20b.txt", body: Array("one".utf8))
        #expect(first.status == 201, "\(first.text)")
        let second = try await daemon.request("PUT", "/files/in/a%20b.txt", body: Array("two".utf8))
        #expect(second.status == 204)
        #expect(try directory.read("bucket/in/a b.txt") == Array("two".utf8))
        #expect(directory.names(in: "bucket/in") == ["a b.txt"])
    }

    @Test func preconditionsDecide() async throws {
        func put(_ content: String, _ headers: (String, String)...) async throws -> Int {
            try await daemon.request("PUT", "/files/x", headers: headers, body: Array(content.utf8)).status
        }
        #expect(try await put("1", ("If-Match", "*")) == 412)
        #expect(try await put("1", ("If-None-Match", "*")) == 201)
        #expect(try await put("2", ("If-None-Match", "*")) == 412)
        let tag = try #require(try await daemon.request("HEAD", "/files/x")["ETag"])
        #expect(try await put("2", ("If-Match", tag)) == 204)
        #expect(try await put("3", ("If-Match", tag)) == 412)
        #expect(try directory.read("bucket/x") == Array("2".utf8))
        let refused = try await daemon.request("DELETE", "/files/x", headers: [("If-Match", tag)])
        #expect(refused.status == 412)
        #expect(try await daemon.request("DELETE", "/files/x").status == 204)
        #expect(try await daemon.request("GET", "/files/x").status == 404)
        #expect(directory.names(in: "bucket").isEmpty)
    }

    @Test func oneOfAHundredSimultaneousCreationsWins() async throws {
        let replies = await withTaskGroup(of: (Int, Int)?.self) { group in
            for number in 0..<100 {
                group.addTask {
                    let reply = try? await daemon.request(
                        "PUT",
                        "/files/one",
                        headers: [("If-None-Match", "*")],
                        body: Array("from \(number)".utf8)
                    )
                    return (reply?.status).map { (number, $0) }
                }
            }
            return await group.reduce(into: []) { replies, reply in replies += [reply].compactMap { $0 } }
        }
        let winners = replies.filter { $0.1 == 201 }.map(\.0)
        #expect(winners.count == 1)
        #expect(replies.count { $0.1 == 412 } == 99)
        #expect(directory.names(in: "bucket") == ["one"])
        #expect(try directory.read("bucket/one") == Array("from \(winners.first ?? -1)".utf8))
    }

    @Test func aNameThatIsTakenIsNumbered() async throws {
        let form = FormBody(files: [("photo.jpg", [1]), ("photo.jpg", [2])])
        for _ in 0..<2 {
            let headers = [("Content-Type", form.contentType)]
            #expect(try await daemon.request("POST", "/upload-file", headers: headers, body: form.bytes).status == 200)
        }
        #expect(
            directory.names(in: "bucket") == ["photo (1).jpg", "photo (2).jpg", "photo (3).jpg", "photo.jpg"]
        )
    }

    @Test func aRawPostNamesItsFileInAHeader() async throws {
        let named = [("Content-Type", "text/plain"), ("Content-Disposition", "attachment; filename=\"../n.txt\"")]
        let reply = try await daemon.request("POST", "/files", headers: named, body: [66])
        #expect(reply.status == 201, "\(reply.text)")
        #expect(directory.names(in: "bucket") == ["n.txt"])
        let nameless = try await daemon.request("POST", "/files", headers: [named[0]], body: [66])
        #expect(nameless.status == 400)
        #expect(nameless.text.contains("-F"))
        let urlencoded = [("Content-Type", "application/x-www-form-urlencoded")]
        #expect(try await daemon.request("POST", "/files", headers: urlencoded, body: Array("a=b".utf8)).status == 415)
    }

    @Test func aFileIsServedInParts() async throws {
        let content = Content(seed: 1, size: 10_000).bytes
        #expect(try await daemon.request("PUT", "/files/r", body: content).status == 201)
        let part = try await daemon.request("GET", "/files/r", headers: [("Range", "bytes=100-199")])
        #expect(part.status == 206)
        #expect(part.body == Array(content[100..<200]))
        #expect(part["Content-Range"] == "bytes 100-199/\(content.count)")
        let beyond = try await daemon.request("GET", "/files/r", headers: [("Range", "bytes=20000-")])
        #expect(beyond.status == 416)
        let head = try await daemon.request("HEAD", "/files/r")
        #expect(head["Content-Length"] == "\(content.count)")
        let tag = try #require(head["ETag"])
        let fresh = try await daemon.request("GET", "/files/r", headers: [("If-None-Match", tag)])
        #expect(fresh.status == 304)
        #expect(fresh["Content-Length"].map { $0 == "\(content.count)" } ?? true)
    }

    @Test func jobsFollowAnUpload() async throws {
        #expect(try await daemon.request("PUT", "/files/plain.txt", body: Array("not a picture".utf8)).status == 201)
        let file = try #require(try await daemon.settledFiles().first)
        let jobs = Dictionary(grouping: file.jobs, by: \.kind)
        #expect(jobs["checksum"]?.map(\.state) == ["done"])
        #expect(jobs["thumbnail"]?.map(\.state) == ["done"])
        #expect(file.thumbnails?.isEmpty != false)
        let outcome = try await CommandLineTool.run("sha256sum", [directory.file("bucket/plain.txt").string])
        #expect(outcome.outputText.hasPrefix(try #require(file.sha256)))
    }

    /// Two such names must not become one.
    @Test(arguments: ["/files/a\u{E4}.txt", "/files/%ff", "/files/%E4.txt"])
    func aPathThatIsNotUTF8IsRefused(target: String) async throws {
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        // As Latin-1, so that a character above 0x7F is one byte that is no UTF-8.
        let line = target.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        try await client.send(
            Array("PUT ".utf8) + line + Array(" HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nx".utf8)
        )
        #expect(try await client.readReply().status == 400)
        #expect(directory.names(in: "bucket").isEmpty)
    }

    @Test func aDeletedPictureTakesItsThumbnailAlong() async throws {
        let picture = try Repository.read("docs/picture.jpg")
        #expect(try await daemon.request("PUT", "/files/p.jpg", body: picture).status == 201)
        try await daemon.settleJobs()
        #expect(directory.exists("bucket.state/thumbnails/256/p.jpg.webp"))
        #expect(try await daemon.request("DELETE", "/files/p.jpg").status == 204)
        #expect(!directory.exists("bucket.state/thumbnails/256/p.jpg.webp"))
    }

    @Test func aUnixSocketServesToo() async throws {
        let other = try TemporaryDirectory()
        var options = DaemonProcess.Options()
        let socket = other.file("bucketd.sock").string
        options.listen = "unix:\(socket)"
        let daemon = try await DaemonProcess.start(in: other, options: options)
        let outcome = try await curl(
            "--unix-socket",
            socket,
            "-F",
            "file=@/etc/hostname",
            "http://localhost/upload-file"
        )
        #expect(outcome.status == 0, "\(outcome.errorText)")
        #expect(other.names(in: "bucket") == ["hostname"])
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
        #expect(!other.exists("bucketd.sock"))
    }
}
