import FoundationEssentials
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// `bucketctl` with tokens and tickets, over TLS and a Unix socket.
@Suite(.timeLimit(.minutes(2))) struct ClientAccessTests {
    private struct Issued: Decodable {
        var id: String
        var ticket: String
        var url: String
        var maxSize: Int?
        var maxFiles: Int?
        var contentTypes: [String]
    }

    private struct Listed: Decodable {
        struct Ticket: Decodable {
            var id: String
            var usedFiles: Int
        }
        var tickets: [Ticket]
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.write("hello".utf8, to: "a.txt")
    }

    private func path(_ name: String) -> String { directory.file(name).string }

    private func start(_ options: DaemonProcess.Options) async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: options)
    }

    @Test func tokensComeFromVariableFileAndSettings() async throws {
        let token = try await directory.newToken("ann", "--scope", "upload", "--scope", "read")
        let daemon = try await start(DaemonProcess.Options(settings: directory.tokenSettings))
        defer { daemon.terminate() }
        let url = try #require(daemon.url)
        let stranger = try ClientProgram(directory, server: url)
        #expect(try await stranger.complaint("put", path("a.txt")).contains("a.txt: "))
        #expect(try await stranger.complaint("ls").contains("(401)"))
        // Their content is not taken, and not waited for.
        for size in [3_000_000, 20_000_000] {
            try directory.write(Content(seed: 1, size: size).bytes, to: "large.bin")
            #expect(try await stranger.complaint("put", path("large.bin")).contains("(401)"))
        }
        try await ClientProgram(directory, server: url, token: token).output("put", path("a.txt"))
        try directory.write("\(token)\n".utf8, to: "secret")
        chmod(path("secret"), 0o600)
        #expect(try await stranger.output("ls", "--token-file", path("secret")) == "a.txt\n")
        #expect(try await stranger.complaint("rm", "a.txt", "--token-file", path("secret")).contains("(403)"))
        // The settings' token is for the settings' server.
        try directory.makeDirectory("config")
        try directory.write("server: \(url)\ntoken: \(token)\n".utf8, to: "config/bucketctl")
        let settled = try ClientProgram(directory, server: nil)
        #expect(try await settled.complaint("ls").contains("chmod 600"))
        chmod(path("config/bucketctl"), 0o600)
        #expect(try await settled.output("ls") == "a.txt\n")
        let port = url.split(separator: ":").last ?? ""
        #expect(try await settled.complaint("ls", "--server", "http://localhost:\(port)").contains("(401)"))
        #expect(!daemon.output.contains(token.dropFirst("secret-token:".count)))
    }

    @Test func ticketsAreGivenOutUsedAndRevoked() async throws {
        let admin = try await directory.newToken("ops", "--scope", "admin")
        let daemon = try await start(DaemonProcess.Options(settings: directory.tokenSettings))
        defer { daemon.terminate() }
        let url = try #require(daemon.url)
        let ops = try ClientProgram(directory, server: url, token: admin)
        let guest = try ClientProgram(directory, server: nil)
        let link = try await ops.output("ticket", "new", "--expires", "1h")
        #expect(link.hasPrefix("\(url)/?ticket=") && link.hasSuffix("\n"))
        // The link says which server it is for.
        try await guest.output("put", path("a.txt"), "--ticket", String(link.dropLast()))
        #expect(directory.names(in: "bucket") == ["a.txt"])
        // Without an argument that others see.
        try directory.write(link.utf8, to: "link")
        try #require(chmod(path("link"), 0o600) == 0)
        try await guest.output("put", path("a.txt"), "--ticket-file", path("link"), "--to", "by/file")
        try await guest.output("put", path("a.txt"), "--ticket-file", "-", "--to", "by/input", input: Array(link.utf8))
        var settled = guest
        settled.environment["BUCKETCTL_TICKET"] = link
        try await settled.output("put", path("a.txt"), "--to", "by/variable")
        #expect(directory.names(in: "bucket/by") == ["file", "input", "variable"])
        try #require(chmod(path("link"), 0o604) == 0)
        #expect(
            try await guest.run("put", path("a.txt"), "--ticket-file", path("link")).errorText.contains(
                "everybody may read the ticket"
            )
        )
        for both in [["--ticket", "t", "--ticket-file", "f"], ["-", "--to", "x", "--ticket-file", "-"]] {
            #expect(try await guest.run(["put", path("a.txt")] + both).status == 64)
        }

        let outcome = try await ops.run(
            "ticket",
            "new",
            "--prefix",
            "in/a",
            "--max-size",
            "15MiB",
            "--max-files",
            "3",
            "--content-type",
            "text/plain",
            "--content-type",
            "application/*",
            "--json"
        )
        let issued = try JSONDecoder().decode(Issued.self, from: Data(outcome.output))
        #expect(issued.maxSize == 15 << 20 && issued.maxFiles == 3)
        #expect(issued.contentTypes == ["text/plain", "application/*"])
        // Its directory is where files go.
        try await guest.output("put", path("a.txt"), "--ticket", url + issued.url)
        #expect(try await guest.complaint("put", path("a.txt"), "--ticket", url + issued.url).contains("(409)"))
        try directory.write(Content(seed: 1, size: 10_000_000).bytes, to: "large.zip")
        try directory.write(Content(seed: 1, size: 16_000_000).bytes, to: "huge.zip")
        try directory.write("x".utf8, to: "picture.png")
        let bare = try ClientProgram(directory, server: url)
        try await bare.output("put", path("large.zip"), "--ticket", issued.ticket, "--to", "in/a/")
        let huge = try await bare.complaint("put", path("huge.zip"), "--ticket", issued.ticket, "--to", "in/a/")
        #expect(huge.contains("(413)"), "\(huge)")
        let picture = ["put", path("picture.png"), "--ticket", issued.ticket, "--to", "in/a/"]
        #expect(try await bare.run(picture).errorText.contains("(403)"))
        #expect(try await bare.run(picture + ["--content-type", "text/plain"]).status == 0)
        #expect(directory.names(in: "bucket/in/a") == ["a.txt", "large.zip", "picture.png"])

        #expect(try await ops.json(Listed.self, "ticket", "list").tickets.first { $0.id == issued.id }?.usedFiles == 3)
        #expect(try await ops.output("ticket", "list").contains("\(issued.id)\t3\t"))
        #expect(try await ops.output("ticket", "show", issued.id).contains("\"usedFiles\":3"))
        try await ops.output("ticket", "revoke", issued.id)
        #expect(try await ops.complaint("ticket", "revoke", issued.id).contains("(404)"))
        #expect(
            try await bare.complaint("put", path("a.txt"), "--ticket", issued.ticket, "--to", "in/a/b").contains(
                "(401)"
            )
        )
        #expect(try await ops.run("ticket", "new", "--max-size", "0").status == 64)
        #expect(try await ops.complaint("ticket", "new", "--prefix", "../a").contains("(400)"))
    }

    /// A daemon on a Unix socket and, with a certificate of `ca.pem`, on TLS, whose URL is the second.
    private func startOverTLS() async throws -> (DaemonProcess, String) {
        let certificates = try await TestCertificates(in: directory)
        try await certificates.make("server")
        let settings = """
            tls:
              certificate: \(certificates.path("server.pem"))
              key: \(certificates.path("server.key"))
            """
        var options = DaemonProcess.Options(arguments: ["--listen", "tls:127.0.0.1:0"], settings: settings)
        options.listen = "unix:\(path("bucketd.sock"))"
        let daemon = try await start(options)
        let address = await daemon.process.firstLine { line in
            line.firstRange(of: "address=tls:").map { String(line[$0.upperBound...]) }
        }
        return (daemon, "https://\(try #require(address))")
    }

    /// Those of the system, a file and a folder, are not trusted besides.
    @Test(.requires(.root, .command("unshare"))) func otherAuthoritiesReplaceTheSystems() async throws {
        let (daemon, server) = try await startOverTLS()
        defer { daemon.terminate() }
        let others = try await TestCertificates(in: TemporaryDirectory())
        let client = try ClientProgram(directory, server: server)
        // A folder in place of the system's, with the name by which OpenSSL finds an authority.
        let line = """
            mkdir system && cp ca.pem "system/$(openssl x509 -in ca.pem -noout -hash).0" \
            && mount --bind system /etc/ssl/certs && exec "$0" ls --ca-file "$1"
            """
        let outcome = try await CommandLineTool.run(
            "unshare",
            [
                "--mount", "sh", "-c", "cd '\(directory.path)' && \(line)",
                try Executables.path(of: "bucketctl").string, others.path("ca.pem"),
            ],
            environment: client.environment
        )
        #expect(outcome.status == 1 && outcome.errorText.contains("certificate"), "\(outcome.errorText)")
    }

    @Test func serversAreReachedOverTLSAndAUnixSocket() async throws {
        let (daemon, server) = try await startOverTLS()
        defer { daemon.terminate() }
        let large = Content(seed: 5, size: 12_000_000).bytes
        try directory.write(large, to: "large.bin")
        let local = try ClientProgram(directory, server: "unix:\(path("bucketd.sock"))")
        try await local.output("put", path("large.bin"), path("a.txt"), "--to", "local/")
        #expect(try directory.read("bucket/local/large.bin") == large)

        let secure = try ClientProgram(directory, server: server)
        let untrusted = try await secure.run("ls")
        #expect(untrusted.status == 1 && untrusted.errorText.contains("certificate"), "\(untrusted.errorText)")
        try await secure.output("put", path("large.bin"), "--ca-file", path("ca.pem"), "--to", "tls/")
        #expect(try directory.read("bucket/tls/large.bin") == large)
        try await secure.output("get", "tls/large.bin", "-o", path("back"), "--ca-file", path("ca.pem"))
        #expect(try directory.read("back") == large)
    }
}
