import IngestTesting
import Testing

/// Uploads of pieces that are still being sent (extension `concatenation-unfinished`).
@Suite(.timeLimit(.minutes(2))) struct TusConcatenationTests: TusSuite {
    private func piece(_ length: Int?, on daemon: DaemonProcess) async throws -> String {
        let length = length.map { ("Upload-Length", "\($0)") } ?? ("Upload-Defer-Length", "1")
        return try await create([length, ("Upload-Concat", "partial")], on: daemon)
    }

    private func final(_ pieces: [String], on daemon: DaemonProcess) async throws -> String {
        let fields = [
            ("Upload-Concat", "final;\(pieces.joined(separator: " "))"), ("Upload-Metadata", "filename YWxs"),
        ]
        return try await create(fields, on: daemon)
    }

    /// Waits until the upload has an offset, or is gone.
    private func settled(_ upload: String, on daemon: DaemonProcess) async throws -> Reply {
        while true {
            let head = try await send("HEAD", upload, [], to: daemon)
            if head.status != 200 || head["Upload-Offset"] != nil { return head }
            try Task.checkCancellation()
        }
    }

    @Test func anUploadIsMadeWhenItsLastPieceIsWhole() async throws {
        let daemon = try await started()
        let options = try await daemon.request("OPTIONS", "/files")
        #expect(options["Tus-Extension"]?.split(separator: ",").contains("concatenation-unfinished") == true)
        let pieces = [try await piece(5, on: daemon), try await piece(nil, on: daemon)]
        let upload = try await final([pieces[0], pieces[1], pieces[0]], on: daemon)
        var head = try await send("HEAD", upload, [], to: daemon)
        #expect(head["Upload-Offset"] == nil && head["Upload-Length"] == nil && head["Upload-Defer-Length"] == nil)
        #expect(head["Upload-Concat"]?.hasPrefix("final;") == true)
        #expect(try await append(hello, at: 0, of: upload, on: daemon).status == 403)
        #expect(try await append(Array(hello[5..<8]), at: 0, of: pieces[1], on: daemon).status == 204)
        let length = ("Upload-Length", "6")
        #expect(try await append(Array(hello[8...]), at: 3, of: pieces[1], [length], on: daemon).status == 204)
        head = try await send("HEAD", upload, [], to: daemon)
        #expect(head["Upload-Offset"] == nil)
        #expect(head["Upload-Length"] == "16")
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        #expect(try await append(Array(hello[..<5]), at: 0, of: pieces[0], on: daemon).status == 204)
        head = try await settled(upload, on: daemon)
        #expect(head["Upload-Offset"] == "16")
        #expect(head["Upload-Length"] == "16")
        #expect(try daemon.directory.read("bucket/all") == hello + hello[..<5])
        for piece in pieces { #expect(try await send("DELETE", piece, [], to: daemon).status == 204) }
        try await end(daemon)
    }

    @Test func itIsMadeAfterAnyRestart() async throws {
        let directory = try TemporaryDirectory()
        var daemon = try await DaemonProcess.start(in: directory)
        let pieces = [try await piece(5, on: daemon), try await piece(6, on: daemon)]
        let upload = try await final(pieces, on: daemon)
        for (piece, part) in zip(pieces, [hello[..<5], hello[5...]]) {
            daemon.kill()
            await daemon.waitForExit()
            daemon = try await daemon.restart()
            #expect(try await send("HEAD", upload, [], to: daemon)["Upload-Offset"] == nil)
            #expect(try await append(Array(part), at: 0, of: piece, on: daemon).status == 204)
        }
        // It may die before it has made the upload, or after.
        daemon.kill()
        await daemon.waitForExit()
        daemon = try await daemon.restart()
        #expect(try await settled(upload, on: daemon)["Upload-Offset"] == "11")
        #expect(try directory.read("bucket/all") == hello)
        #expect(directory.names(in: "bucket") == ["all"])
        try await end(daemon, spool: 2)
    }

    @Test func itEndsWithAPiece() async throws {
        let daemon = try await started()
        let pieces = [try await piece(5, on: daemon), try await piece(6, on: daemon)]
        let uploads = [try await final(pieces, on: daemon), try await final([pieces[1]], on: daemon)]
        #expect(try await send("DELETE", pieces[0], [], to: daemon).status == 204)
        // The look at all of them comes with the next piece at the latest.
        #expect(try await append(Array(hello[5...]), at: 0, of: pieces[1], on: daemon).status == 204)
        #expect(try await settled(uploads[0], on: daemon).status == 404)
        #expect(try await settled(uploads[1], on: daemon)["Upload-Offset"] == "6")
        #expect(try daemon.directory.read("bucket/all") == Array(hello[5...]))
        try await end(daemon, spool: 1)
    }

    @Test func itCanBeTerminatedAndRefused() async throws {
        let daemon = try await started(settings: "limits: {maxUploadSize: 11}\n")
        let pieces = [try await piece(5, on: daemon), try await piece(7, on: daemon)]
        let large = [("Upload-Concat", "final;\(pieces.joined(separator: " "))")]
        #expect(try await send("POST", "/files", large, [], to: daemon).status == 413)
        let upload = try await final([pieces[0]], on: daemon)
        #expect(try await send("DELETE", upload, [], to: daemon).status == 204)
        #expect(try await send("HEAD", upload, [], to: daemon).status == 404)
        #expect(try await append(Array(hello[..<5]), at: 0, of: pieces[0], on: daemon).status == 204)
        #expect(daemon.directory.names(in: "bucket").isEmpty)
        try await end(daemon, spool: 1)
    }

    @Test func oneAddressMayBeginOnlySoMany() async throws {
        let settings = "limits: {maxUnfinishedUploadsPerAddress: 2}\ntrustedProxies: [127.0.0.1]\n"
        var daemon = try await started(settings: settings)
        func begin(_ address: String) async throws -> Reply {
            let fields = [("Upload-Length", "1"), ("X-Forwarded-For", address)]
            return try await send("POST", "/files", fields, [], to: daemon)
        }
        let first = try await begin("192.0.2.1")
        #expect(first.status == 201)
        daemon.kill()
        await daemon.waitForExit()
        daemon = try await daemon.restart()
        #expect(try await begin("192.0.2.1").status == 201)
        let refused = try await begin("192.0.2.1")
        #expect(refused.status == 429)
        #expect(refused.text.contains("/problems/too-many-uploads-from-address"))
        #expect(refused.text.contains("\"limit\":2"))
        #expect(refused["Retry-After"] != nil)
        #expect(try await begin("192.0.2.2").status == 201)
        let upload = try #require(first["Location"]?.split(separator: "/").last)
        #expect(try await send("DELETE", "/uploads/\(upload)", [], to: daemon).status == 204)
        #expect(try await begin("192.0.2.1").status == 201)
        try await end(daemon)
    }
}
