import IngestTesting
import Testing

/// Uploads that are older than the tokens.
@Suite(.timeLimit(.minutes(2))) struct EarlierUploadTests {
    private typealias Fields = [(String, String)]

    private static let tus = ("Tus-Resumable", "1.0.0")

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start() async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: .init(settings: directory.tokenSettings))
    }

    /// The path of a new upload, with its query.
    private func create(_ fields: Fields, on daemon: DaemonProcess) async throws -> String {
        let reply = try await daemon.request("POST", "/files", headers: [Self.tus] + fields, body: [])
        try #require(reply.status == 201, "\(reply.text)")
        let location = try #require(reply["Location"])
        return String(location[try #require(location.firstRange(of: "/uploads/")).lowerBound...])
    }

    private func append(_ text: String, to upload: String, _ fields: Fields, on daemon: DaemonProcess) async throws
        -> Int
    {
        let headers = [Self.tus, ("Upload-Offset", "0"), ("Content-Type", "application/offset+octet-stream")] + fields
        return try await daemon.request("PATCH", upload, headers: headers, body: Array(text.utf8)).status
    }

    /// What was begun before there were tokens.
    @Test func whatNobodyOwnsIsAnAdmins() async throws {
        let open = try await DaemonProcess.start(in: directory, options: .init(settings: "thumbnails: {sizes: []}\n"))
        let uploads = [
            try await create([("Upload-Length", "5"), ("Upload-Metadata", "filename YWxs")], on: open),
            try await create([("Upload-Length", "5")], on: open),
        ]
        open.terminate()
        #expect(await open.waitForExit() == 0)
        let user = bearer(try await directory.newToken("ann", "--scope", "upload"))
        let admin = bearer(try await directory.newToken("ops", "--scope", "upload", "--scope", "admin"))
        let daemon = try await start()
        #expect(try await daemon.request("HEAD", uploads[0], headers: [Self.tus, user]).status == 404)
        #expect(try await append("hello", to: uploads[0], [user], on: daemon) == 404)
        #expect(try await daemon.request("DELETE", uploads[1], headers: [Self.tus, user]).status == 404)
        #expect(try await daemon.request("HEAD", uploads[0], headers: [Self.tus, admin])["Upload-Offset"] == "0")
        #expect(try await append("hello", to: uploads[0], [admin], on: daemon) == 204)
        #expect(try await daemon.request("DELETE", uploads[1], headers: [Self.tus, admin]).status == 204)
        #expect(directory.names(in: "bucket") == ["all"])
        // What somebody owns stays theirs.
        let anns = try await create([("Upload-Length", "5"), user], on: daemon)
        #expect(try await append("hello", to: anns, [admin], on: daemon) == 404)
        #expect(try await append("hello", to: anns, [user], on: daemon) == 204)
    }
}
