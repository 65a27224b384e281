import Glibc
import IngestTesting
import SystemPackage
import Testing

@testable import bucketctl

@Suite struct ClientSettingsTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func load(
        server: String? = nil,
        tokenFile: String? = nil,
        _ environment: [String: String] = [:]
    ) throws -> ClientSettings {
        var environment = environment
        environment["XDG_CONFIG_HOME"] = directory.path.string
        return try ClientSettings(server: server, tokenFile: tokenFile, caFile: nil, environment: environment)
    }

    private func write(_ yaml: String, mode: UInt32 = 0o600, to name: String = "bucketctl") throws {
        try directory.write(yaml.utf8, to: name)
        try #require(chmod(directory.file(name).string, mode) == 0)
    }

    @Test func flagsWinOverTheEnvironmentAndThatOverTheFile() throws {
        #expect(try load().server.base == "http://127.0.0.1:8080")
        try write("server: https://file.example/in/\ntoken: from-file\ncaFile: ca.pem\n")
        let settings = try load()
        #expect(settings.server.base == "https://file.example/in" && settings.token == "from-file")
        #expect(settings.authorities == directory.file("ca.pem"))
        let environment = ["BUCKETCTL_SERVER": "http://env.example:81", "BUCKETCTL_TOKEN": "from-env"]
        #expect(try load(environment).server.base == "http://env.example:81")
        #expect(try load(environment).token == "from-env")
        try write("from-flag\n", to: "token")
        let flagged = try load(server: "unix:/run/b.sock", tokenFile: directory.file("token").string, environment)
        #expect(flagged.server.unixSocket == "/run/b.sock" && flagged.token == "from-flag")
    }

    @Test func theFilesTokenIsForTheFilesServer() throws {
        try write("server: https://file.example\ntoken: secret\n")
        #expect(try load(server: "https://other.example").token == nil)
        #expect(try load(["BUCKETCTL_SERVER": "http://file.example"]).token == nil)
        #expect(try load(server: "https://file.example/").token == "secret")
    }

    /// It would be shown to any server.
    @Test(arguments: ["token: secret\n", "tokenFile: secret\n"]) func aTokenNeedsItsServerBesideIt(yaml: String) throws
    {
        try write(yaml)
        let error = #expect(throws: ClientError.self) { try load(server: "https://other.example") }
        #expect(error?.code == .settings && error?.message.contains("needs server beside it") == true)
    }

    @Test func aFolderHoldsTheFile() throws {
        try directory.makeDirectory("bucketctl")
        #expect(try load().token == nil)
        try write("server: http://a\ntokenFile: ../secret\n", to: "bucketctl/config.yaml")
        try write(" abc \n", to: "secret")
        #expect(try load().token == "abc")
    }

    @Test func aTokenThatOthersMayReadIsRefused() throws {
        try write("token: secret\n", mode: 0o640)
        let error = #expect(throws: ClientError.self) { try load() }
        #expect(error?.message.hasSuffix("chmod 600 \(directory.file("bucketctl"))") == true)
        try write("server: http://a\n", mode: 0o644)
        #expect(try load().server.base == "http://a")
        try write("secret\n", mode: 0o644, to: "token")
        #expect(throws: ClientError.self) { try load(tokenFile: directory.file("token").string) }
    }

    @Test(arguments: [
        ("serve: http://a\n", "no key serve"), ("server: [a]\n", "takes a text"), ("server:\n", "takes a text"),
        ("- a\n", "no mapping"), ("server: a: b\n", "not YAML"),
        ("server: http://a\nserver: http://b\n", "a key twice"),
        ("token: a\ntokenFile: b\n", "cannot both"), ("server: ftp://a\n", "begins with http://"),
        ("server: http://a\ntoken: \"a b\"\n", "is no token"),
    ])
    func aFileWithAMistakeIsRefused(yaml: String, reason: String) throws {
        try write(yaml)
        let error = #expect(throws: ClientError.self) { try load() }
        #expect(error?.code == .settings && error?.message.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func unknownVariablesAreErrors() {
        let error = #expect(throws: ClientError.self) { try load(["BUCKETCTL_TOKNE": "x"]) }
        #expect(error?.message.contains("BUCKETCTL_TOKNE") == true)
    }

    @Test(arguments: [
        "ftp://a", "a.example", "http://", "http://user:password@a", "http://a?b", "http://a#b", "http://a b",
        "http://:80", "unix:relative", "unix:", "http://a\n",
    ])
    func whatIsNoAddressIsRefused(text: String) {
        #expect(throws: ClientError.self) { try ServerAddress(text) }
    }

    @Test func answersNeverLeadToAnotherServer() throws {
        let address = try ServerAddress("https://a.example/in")
        #expect(
            address.url(of: "https://a.example/in/uploads/1?ticket=x", below: "uploads")
                == "https://a.example/in/uploads/1?ticket=x"
        )
        #expect(address.url(of: "http://evil.example/uploads/1", below: "uploads") == "https://a.example/in/uploads/1")
        #expect(address.url(of: "/uploads/1", below: "uploads") == "https://a.example/in/uploads/1")
        #expect(address.url(of: "/files/x", below: "uploads") == nil)
    }

    @Test(
        arguments: [
            ("secret.1.x", "secret.1.x", nil, nil), ("/?ticket=a.1.x", "a.1.x", nil, nil),
            ("https://a.example/?ticket=a.1.x", "a.1.x", "https://a.example/", nil),
            ("https://a.example/pre/files/in/b%20c/?ticket=a.1.x", "a.1.x", "https://a.example/pre", "in/b c/"),
            ("http://a/files?ticket=t", "t", "http://a", nil), ("http://a/files/?ticket=t", "t", "http://a", nil),
        ] as [(String, String, String?, String?)]
    )
    func ticketsComeAsLinks(text: String, ticket: String, server: String?, directory: String?) throws {
        let link = try TicketLink(text)
        #expect(link.ticket == ticket && link.server == server && link.directory == directory, "\(link)")
    }
}
