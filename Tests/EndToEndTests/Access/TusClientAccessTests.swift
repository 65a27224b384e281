import IngestTesting
import SystemPackage
import Testing

/// The tus clients that people use, with what they have to show.
@Suite(.requires(.tusClients), .timeLimit(.minutes(2))) struct TusClientAccessTests {
    private let directory: TemporaryDirectory
    private let content = Content(seed: 9, size: 500_000).bytes

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(_ client: String, at endpoint: String, _ options: [String]) async throws
        -> CommandLineTool.Outcome
    {
        try directory.write(content, to: "content")
        let script = Repository.file("Tests/EndToEndTests/Tus/clients.py").string
        let file = directory.file("content").string
        return try await CommandLineTool.run(
            Repository.python.string,
            [script, client, endpoint, file, "sent.bin", "--chunk", "200000"] + options
        )
    }

    private static let ways = [("tuspy", []), ("aiotus", []), ("aiotus", ["--parts", "3"])]

    @Test(arguments: ways)
    func aTokenIsShownInEachRequest(client: String, options: [String]) async throws {
        let secret = try await directory.newToken("ann", "--scope", "upload", "--prefix", "in/a")
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: directory.tokenSettings))
        let url = try #require(daemon.url)
        let sent = try await run(client, at: "\(url)/files/in/a/", options + ["--token", secret])
        #expect(sent.status == 0, "\(sent.errorText)")
        #expect(try directory.read("bucket/in/a/sent.bin") == content)
        for (place, token) in [("in/a/", []), ("in/a/", ["--token", "\(secret)x"]), ("in/b/", ["--token", secret])] {
            let refused = try await run(client, at: "\(url)/files/\(place)", options + token)
            #expect(refused.status != 0)
        }
        #expect(directory.names(in: "bucket/in/a") == ["sent.bin"])
        #expect(directory.names(in: "bucket/in") == ["a"])
    }

    /// They send it with every request, as it is in the locations that they are told.
    @Test(arguments: ways)
    func aTicketIsInTheEndpoint(client: String, options: [String]) async throws {
        let admin = try await directory.newToken("ops", "--scope", "admin")
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: directory.tokenSettings))
        let order = Array(#"{"prefix": "in/a"}"#.utf8)
        let issued = try await daemon.request("POST", "/tickets", headers: [bearer(admin)], body: order)
        let target = try #require(issued.text.firstMatch(of: /"url":"([^"]+)"/)).1
        let endpoint = try #require(daemon.url) + target
        let sent = try await run(client, at: endpoint, options)
        #expect(sent.status == 0, "\(sent.errorText)")
        #expect(try directory.read("bucket/in/a/sent.bin") == content)
        #expect(directory.names(in: "bucket/in/a") == ["sent.bin"])
    }
}
