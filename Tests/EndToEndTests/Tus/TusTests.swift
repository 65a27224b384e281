import IngestTesting
import Testing

/// tus 1.0.0 (https://tus.io/protocols/resumable-upload) on the wire.
@Suite(.timeLimit(.minutes(2))) struct TusTests: TusSuite {
    @Test func anUploadInTwoPieces() async throws {
        let daemon = try await started()
        let metadata = "filename aGVsbG8udHh0,filetype dGV4dC9wbGFpbg=="
        let upload = try await create([("Upload-Length", "11"), ("Upload-Metadata", metadata)], on: daemon)
        let head = try await send("HEAD", upload, [], to: daemon)
        #expect(head["Upload-Offset"] == "0")
        #expect(head["Upload-Length"] == "11")
        #expect(head["Upload-Metadata"] == metadata)
        #expect(head["Upload-Expires"]?.hasSuffix(" GMT") == true)
        let first = try await append(Array(hello[..<5]), at: 0, of: upload, on: daemon)
        #expect(first.status == 204)
        #expect(first["Upload-Offset"] == "5")
        #expect(first["Upload-Expires"] != nil)
        #expect(try await offset(of: upload, on: daemon) == "5")
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        let second = try await append(Array(hello[5...]), at: 5, of: upload, on: daemon)
        #expect(second.status == 204)
        #expect(second["Upload-Offset"] == "11")
        #expect(second["Content-Location"] == "/files/hello.txt")
        #expect(try daemon.directory.read("bucket/hello.txt") == hello)
        let file = try await LoopbackClient.request("HEAD", "/files/hello.txt", to: daemon.address)
        #expect(file["Content-Type"]?.hasPrefix("text/plain") == true)
        // A client that lost the answer asks again.
        #expect(try await offset(of: upload, on: daemon) == "11")
        let again = try await append([], at: 11, of: upload, on: daemon)
        #expect(again.status == 204)
        #expect(again["Upload-Offset"] == "11")
        try await end(daemon)
    }

    @Test(arguments: [0, 5, 11])
    func contentMayComeWithTheCreation(_ count: Int) async throws {
        let daemon = try await started()
        let fields = [("Upload-Length", "11"), Self.content, ("Upload-Metadata", "name YS50eHQ=")]
        let reply = try await send("POST", "/files/dir/", fields, Array(hello[..<count]), to: daemon)
        #expect(reply.status == 201)
        if count > 0 {
            #expect(reply["Upload-Offset"] == "\(count)")
        }
        let upload = String(try #require(reply["Location"]).dropFirst("http://localhost".count))
        if count < 11 {
            _ = try await append(Array(hello[count...]), at: count, of: upload, on: daemon)
        }
        #expect(try daemon.directory.read("bucket/dir/a.txt") == hello)
        try await end(daemon)
    }

    @Test func anEmptyUploadIsCompleteAtOnce() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "0"), ("Upload-Metadata", "")], on: daemon)
        #expect(try await offset(of: upload, on: daemon) == "0")
        #expect(daemon.directory.names(in: "bucket") == ["upload"])
        try await end(daemon)
    }

    @Test func theLengthMayComeLater() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Defer-Length", "1")], on: daemon)
        #expect(try await send("HEAD", upload, [], to: daemon)["Upload-Defer-Length"] == "1")
        #expect(try await append(Array(hello[..<5]), at: 0, of: upload, on: daemon).status == 204)
        let length = ("Upload-Length", "11")
        let shorter = try await append([], at: 5, of: upload, [("Upload-Length", "4")], on: daemon)
        #expect(shorter.status == 400)
        let partly = try await append(Array(hello[5..<8]), at: 5, of: upload, [length], on: daemon)
        #expect(partly.status == 204)
        let other = try await append([], at: 8, of: upload, [("Upload-Length", "12")], on: daemon)
        #expect(other.status == 400)
        let rest = try await append(Array(hello[8...]), at: 8, of: upload, [length], on: daemon)
        #expect(rest.status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    @Test(arguments: [
        ("sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", 204), ("sha256 uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=", 204),
        ("md5 XrY7u+Ae7tCTyyK7j1rNww==", 204), ("crc32 DUoRhQ==", 204), ("sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=", 460),
        ("sha1 Kq5s", 400), ("sha3 Kq5sNclPz7QV2+lfQIuc6R7oRu0=", 400), ("sha1", 400),
    ])
    func contentIsCheckedBeforeItCounts(_ checksum: String, _ status: Int) async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "22")], on: daemon)
        let reply = try await append(hello, at: 0, of: upload, [("Upload-Checksum", checksum)], on: daemon)
        #expect(reply.status == status)
        let isKept = status == 204
        #expect(try await offset(of: upload, on: daemon) == (isKept ? "11" : "0"))
        let rest = isKept ? hello : hello + hello
        #expect(try await append(rest, at: 22 - rest.count, of: upload, on: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello + hello)
        try await end(daemon)
    }

    @Test(arguments: [("Kq5sNclPz7QV2+lfQIuc6R7oRu0=", 204), ("AAAAAAAAAAAAAAAAAAAAAAAAAAA=", 460)])
    func aChecksumMayComeBehindTheContent(_ digest: String, _ status: Int) async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let fields = [
            Self.version, Self.content, ("Upload-Offset", "0"), ("Transfer-Encoding", "chunked"),
            ("Trailer", "Upload-Checksum"),
        ]
        try await client.send(LoopbackClient.head("PATCH", upload, headers: fields))
        try await client.send("b\r\nhello world\r\n0\r\nUpload-Checksum: sha1 \(digest)\r\n\r\n")
        #expect(try await client.readReply(isAnswerToHead: false).status == status)
        #expect(try await offset(of: upload, on: daemon) == (status == 204 ? "11" : "0"))
        if status != 204 {
            #expect(try await send("DELETE", upload, [], to: daemon).status == 204)
        }
        try await end(daemon)
    }

    @Test func whatCameBeforeTheClientLeftIsKept() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let client = try await LoopbackClient.connect(to: daemon.address)
        let fields = [Self.version, Self.content, ("Upload-Offset", "0")]
        try await client.send(LoopbackClient.head("PATCH", upload, headers: fields, length: 11))
        try await client.send("hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        client.close()
        #expect(try await offset(of: upload, on: daemon) == "5")
        #expect(try await append(Array(hello[5...]), at: 5, of: upload, on: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    @Test(arguments: [false, true])
    func aNewRequestEndsTheOneBeforeIt(_ isChecked: Bool) async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        var fields = [Self.version, Self.content, ("Upload-Offset", "0")]
        if isChecked {
            fields.append(("Upload-Checksum", "sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0="))
        }
        try await client.send(LoopbackClient.head("PATCH", upload, headers: fields, length: 11))
        try await client.send("hello")
        while daemon.directory.names(in: "bucket.state/spool").isEmpty {
            try Task.checkCancellation()
            await Task.yield()
        }
        let told = try await offset(of: upload, on: daemon)
        // Bytes that wait for their checksum count nothing.
        #expect(told == (isChecked ? "0" : "5"))
        let ended = try await client.readReply(isAnswerToHead: false)
        #expect(ended.status == 409)
        let from = isChecked ? 0 : 5
        #expect(try await append(Array(hello[from...]), at: from, of: upload, on: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    @Test func anUploadIsTerminated() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11"), Self.content], Array(hello[..<5]), on: daemon)
        #expect(try await send("DELETE", upload, [], to: daemon).status == 204)
        for method in ["HEAD", "DELETE"] {
            let reply = try await send(method, upload, [], to: daemon)
            #expect(reply.status == 404)
            #expect(reply["Upload-Offset"] == nil)
        }
        #expect(try await append([], at: 5, of: upload, on: daemon).status == 404)
        try await end(daemon)
    }

    @Test func methodsMayBeOverriddenInAPost() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let fields = [Self.content, ("Upload-Offset", "0"), ("X-HTTP-Method-Override", "PATCH")]
        #expect(try await send("POST", upload, fields, hello, to: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        #expect(try await send("POST", upload, [("X-HTTP-Method-Override", "DELETE")], to: daemon).status == 204)
        #expect(try await send("POST", upload, [], to: daemon).status == 405)
        // What was published stays.
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    /// Which of it is the upload's nobody can tell.
    @Test func chunkedContentBeyondTheLengthIsNotKept() async throws {
        let daemon = try await started()
        let upload = try await create([("Upload-Length", "11")], on: daemon)
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        let fields = [Self.version, Self.content, ("Upload-Offset", "0"), ("Transfer-Encoding", "chunked")]
        try await client.send(LoopbackClient.head("PATCH", upload, headers: fields))
        try await client.send("f\r\nhello world and\r\n0\r\n\r\n")
        #expect(try await client.readReply(isAnswerToHead: false).status == 413)
        #expect(try await offset(of: upload, on: daemon) == "0")
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        #expect(try await append(hello, at: 0, of: upload, on: daemon).status == 204)
        #expect(try daemon.directory.read("bucket/upload") == hello)
        try await end(daemon)
    }

    @Test(arguments: ["/files", "/files/dir/", "/uploads/0123456789abcdef0123456789abcdef", "*"])
    func whatIsSpokenIsToldByOPTIONS(_ target: String) async throws {
        let daemon = try await started(settings: "limits: {maxUploadSize: 1000}")
        let reply = try await LoopbackClient.request("OPTIONS", target, to: daemon.address)
        #expect(reply.status == 204)
        #expect(reply["Tus-Version"] == "1.0.0")
        #expect(reply["Tus-Max-Size"] == "1000")
        #expect(reply["Tus-Checksum-Algorithm"]?.split(separator: ",").contains("sha1") == true)
        let extensions = try #require(reply["Tus-Extension"]).split(separator: ",")
        #expect(extensions.contains("creation") && extensions.contains("termination"))
        try await end(daemon)
    }

    @Test func anUploadIsMadeOfOthers() async throws {
        let daemon = try await started()
        var pieces: [String] = []
        for part in [hello[..<5], hello[5...]] {
            let fields = [("Upload-Length", "\(part.count)"), Self.content, ("Upload-Concat", "partial")]
            pieces.append(try await create(fields, Array(part), on: daemon))
        }
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        #expect(try await send("HEAD", pieces[0], [], to: daemon)["Upload-Concat"] == "partial")
        // Paths and URLs, and one of them twice.
        let final = "final;\(pieces[0]) http://localhost\(pieces[1]) \(pieces[0])"
        let fields = [("Upload-Concat", final), ("Upload-Metadata", "filename YWxs")]
        let upload = try await create(fields, on: daemon)
        #expect(try daemon.directory.read("bucket/all") == hello + hello[..<5])
        let head = try await send("HEAD", upload, [], to: daemon)
        #expect(head["Upload-Concat"] == final)
        #expect(head["Upload-Length"] == "16")
        #expect(head["Upload-Offset"] == "16")
        #expect(try await append([], at: 16, of: upload, on: daemon).status == 403)
        // Pieces may be used again, and end like any upload.
        let again = [("Upload-Concat", "final;\(pieces[1])"), ("Upload-Metadata", "filename YWdhaW4=")]
        _ = try await create(again, on: daemon)
        #expect(try daemon.directory.read("bucket/again") == Array(hello[5...]))
        for piece in pieces {
            #expect(try await send("DELETE", piece, [], to: daemon).status == 204)
        }
        try await end(daemon)
    }

    @Test func whatIsNoPieceMakesNoUpload() async throws {
        let daemon = try await started()
        let half = try await create(
            [("Upload-Length", "11"), Self.content, ("Upload-Concat", "partial")],
            Array(hello[..<5]),
            on: daemon
        )
        let whole = try await create([("Upload-Length", "11"), Self.content], hello, on: daemon)
        for pieces in [whole, "/uploads/0123456789abcdef0123456789abcdef", "nonsense", ""] {
            let reply = try await send("POST", "/files", [("Upload-Concat", "final;\(pieces)")], [], to: daemon)
            #expect(reply.status == 400, "\(pieces): \(reply.text)")
        }
        #expect(daemon.directory.names(in: "bucket") == ["upload"])
        #expect(try await offset(of: half, on: daemon) == "5")
        try await end(daemon, spool: 1)
    }

    @Test func aPublicURLIsWhereUploadsAre() async throws {
        let daemon = try await started(settings: "publicURL: https://files.example.org/in/")
        let reply = try await send("POST", "/files", [("Upload-Length", "1")], [], to: daemon)
        #expect(reply["Location"]?.hasPrefix("https://files.example.org/in/uploads/") == true)
        try await end(daemon)
    }

    @Test func offsetsNeverGoBackWhateverServerIsKilled() async throws {
        let directory = try TemporaryDirectory()
        let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) }
        var (upload, acknowledged, round) = ("", 0, 0)
        while true {
            let daemon = try await DaemonProcess.start(in: directory)
            if upload.isEmpty {
                upload = try await create([("Upload-Length", "\(content.count)")], on: daemon)
            }
            let text = try #require(try await offset(of: upload, on: daemon))
            let told = try #require(Int(text))
            #expect(told >= acknowledged)
            guard told < content.count else { break }
            // One piece is acknowledged, and the server dies in the next.
            let middle = min(told + 20_000, content.count)
            #expect(try await append(Array(content[told..<middle]), at: told, of: upload, on: daemon).status == 204)
            acknowledged = middle
            if middle < content.count {
                let client = try await LoopbackClient.connect(to: daemon.address)
                let fields = [Self.version, Self.content, ("Upload-Offset", "\(middle)")]
                let rest = Array(content[middle...])
                try await client.send(LoopbackClient.head("PATCH", upload, headers: fields, length: rest.count))
                try await client.send(Array(rest.prefix(rest.count / 2)))
                daemon.kill()
                client.close()
            } else {
                daemon.kill()
            }
            await daemon.waitForExit()
            round += 1
            try #require(round < 20)
        }
        #expect(try directory.read("bucket/upload") == content)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }
}
