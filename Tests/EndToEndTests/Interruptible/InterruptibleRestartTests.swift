import Digests
import IngestTesting
import Testing

/// Uploads that go on after the connection or the daemon is gone.
@Suite(.timeLimit(.minutes(3))) struct InterruptibleRestartTests: InterruptibleSuite {
    private let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) }

    @Test func whatCameBeforeTheClientLeftIsKept() async throws {
        try await inEachVersion { draft, daemon in
            let upload = try await create(draft, on: daemon)
            let client = try await opened("PATCH", upload, draft.append(at: 0, completes: true), length: 11, on: daemon)
            try await client.send(Array(hello[..<5]))
            try await spooled(daemon)
            client.reset()
            #expect(try await offset(of: upload, draft, on: daemon) == 5)
            let rest = try await append(Array(hello[5...]), at: 5, of: upload, completes: true, draft, on: daemon)
            #expect(rest.status == 201)
            #expect(try daemon.directory.read("bucket/a") == hello)
        }
    }

    /// What brings everything needs no place among those that wait.
    @Test func withoutAPlaceAWholeUploadIsAPlainOne() async throws {
        let daemon = try await started(settings: "limits: {maxUnfinishedUploads: 1}\n")
        for draft in Draft.all {
            let waiting = try await create(draft, "/files/b", on: daemon)
            let more = try await send("PUT", "/files/c", draft.fields(completes: false), [], to: daemon)
            #expect(more.status == 503, "\(draft)")
            let whole = try await send("PUT", "/files/a", draft.fields(completes: true), hello, to: daemon)
            #expect(whole.status == 201 || whole.status == 204, "\(draft)")
            #expect(draft.isComplete(whole[draft.completeness]) == true)
            #expect(try daemon.directory.read("bucket/a") == hello)
            #expect(try await send("DELETE", waiting, draft.version, to: daemon).status == 204)
        }
        try await end(daemon)
    }

    /// As URLSession does it: everything in one request, and the rest when that breaks.
    @Test func anOptimisticUploadGoesOn() async throws {
        try await inEachVersion { draft, daemon in
            guard draft.interop != nil else { return }
            let fields = draft.fields(completes: true, ["Upload-Length": "\(content.count)"])
            let client = try await opened("PUT", "/files/a", fields, length: content.count, on: daemon)
            let upload = try path(try await client.readReply()["Location"])
            try await client.send(Array(content[..<100_000]))
            try await spooled(daemon)
            client.close()
            let told = try #require(try await offset(of: upload, draft, on: daemon))
            #expect(told <= 100_000)
            let rest = Array(content[told...])
            let reply = try await append(rest, at: told, of: upload, completes: true, draft, on: daemon)
            #expect(reply.status == 201)
            #expect(try daemon.directory.read("bucket/a") == content)
        }
    }

    @Test(arguments: Draft.all, [true, false])
    func offsetsNeverGoBackWhateverServerIsEnded(_ draft: Draft, _ isKilled: Bool) async throws {
        let directory = try TemporaryDirectory()
        let half = content.count / 2
        let form = FormBody(files: [("a", content), ("b", Array(content[..<half]))], boundary: "XX").bytes
        let type = ["Content-Type": "multipart/form-data; boundary=XX"]
        // What is read again after each start must be hashed by this, too.
        var hash = StreamingDigest(.sha512)
        hash.update(content[...])
        let digest = hash.finalize()
        var (file, files, acknowledged) = ("", "", 0)
        while true {
            let daemon = try await DaemonProcess.start(in: directory)
            if file.isEmpty {
                let fields = ["If-None-Match": "*", "Repr-Digest": try #require(digest.fieldMember)]
                file = try await create(draft, "/files/file", fields, on: daemon)
                files = try await create(draft, "/files/dir/", type, method: "POST", on: daemon)
            }
            let told = try #require(try await offset(of: file, draft, on: daemon))
            #expect(told >= acknowledged)
            let toldOfForm = try #require(try await offset(of: files, draft, on: daemon))
            let next = min(told + 70_000, content.count)
            let reply = try await append(Array(content[told..<next]), at: told, of: file, draft, on: daemon)
            #expect(reply.status == 204)
            acknowledged = next
            let piece = Array(form[toldOfForm..<min(toldOfForm + 110_000, form.count)])
            #expect(try await append(piece, at: toldOfForm, of: files, draft, on: daemon).status == 204)
            guard next < content.count || toldOfForm + piece.count < form.count else {
                #expect(try await append([], at: next, of: file, completes: true, draft, on: daemon).status == 201)
                let last = try await append([], at: form.count, of: files, completes: true, draft, on: daemon)
                #expect(last.status == 201 && last.text.contains("dir/b"))
                daemon.terminate()
                #expect(await daemon.waitForExit() == 0)
                break
            }
            // Ends in the middle of another request.
            let rest = Array(content[next...])
            if !rest.isEmpty {
                let fields = draft.append(at: next, completes: true)
                let client = try await opened("PATCH", file, fields, length: rest.count, on: daemon)
                try await client.send(Array(rest.prefix(rest.count / 2)))
                if isKilled { daemon.kill() }
                client.close()
            }
            if isKilled { daemon.kill() } else { daemon.terminate() }
            await daemon.waitForExit()
        }
        #expect(try directory.read("bucket/file") == content)
        #expect(try directory.read("bucket/dir/a") == content)
        #expect(try directory.read("bucket/dir/b") == Array(content[..<half]))
        #expect(directory.names(in: "bucket.state/spool").isEmpty)
    }

    /// Of the answer that the client never saw, all is in the ledger.
    @Test func anAnswerIsGivenAgainAfterARestart() async throws {
        let directory = try TemporaryDirectory()
        let daemon = try await DaemonProcess.start(in: directory)
        let draft = Draft.newest
        let upload = try await create(draft, "/upload-file", Self.form.0, Self.form.1, method: "POST", on: daemon)
        let size = Self.form.1.count
        let first = try await append([], at: size, of: upload, completes: true, draft, on: daemon)
        #expect(first.status == 200)
        daemon.kill()
        await daemon.waitForExit()
        let next = try await DaemonProcess.start(in: directory)
        let again = try await append([], at: size, of: upload, completes: true, draft, on: next)
        #expect(again.status == 200)
        expect(again, draft, offset: size, isComplete: true)
        #expect(again.text.hasPrefix(#"{"filename":"a","files":[{"filename":"a","#))
        #expect(again.text.contains(#"{"filename":"b","#))
        #expect(directory.names(in: "bucket").sorted() == ["a", "b"])
        try await end(next)
    }

    private static let form: (Fields, [UInt8]) = (
        ["Content-Type": "multipart/form-data; boundary=XX"],
        FormBody(files: [("a", [1, 2, 3]), ("b", [4])], boundary: "XX").bytes
    )

    /// Sent by curl, which is told the upload ahead of the answer and goes on after an interruption by hand.
    @Test func curlGoesOn() async throws {
        let daemon = try await started()
        let url = try #require(daemon.url)
        try daemon.directory.write(content, to: "content")
        let file = "\(daemon.directory.file("content"))"
        let version = ["-H", "Upload-Draft-Interop-Version: 8"]
        let created = try await CurlReply.get(
            version + ["-X", "PUT", "-H", "Upload-Complete: ?0", "-d", "", "\(url)/files/curl"]
        )
        #expect(created.status == 201)
        let upload = try #require(created["Location"])
        let part = "\(daemon.directory.file("part"))"
        try daemon.directory.write(Array(content[..<70_000]), to: "part")
        let type = ["-H", "Content-Type: application/partial-upload", "-X", "PATCH"]
        let first = try await CurlReply.get(
            version + type
                + ["-H", "Upload-Offset: 0", "-H", "Upload-Complete: ?0", "--data-binary", "@\(part)", upload]
        )
        #expect(first.status == 204)
        let state = try await CurlReply.get(version + ["-I", upload])
        #expect(state["Upload-Offset"] == "70000")
        try daemon.directory.write(Array(content[70_000...]), to: "part")
        let last = try await CurlReply.get(
            version + type
                + ["-H", "Upload-Offset: 70000", "-H", "Upload-Complete: ?1", "--data-binary", "@\(part)", upload]
        )
        #expect(last.status == 201)
        #expect(try daemon.directory.read("bucket/curl") == content)
        // All at once, with the interim response first.
        let whole = try await CommandLineTool.run(
            "curl",
            ["-sS", "-i", "-H", "Upload-Complete: ?1", "-T", file, "\(url)/files/whole"] + version
        )
        #expect(whole.outputText.hasPrefix("HTTP/1.1 104 "))
        #expect(whole.outputText.contains("HTTP/1.1 201 "))
        try await end(daemon)
    }
}
