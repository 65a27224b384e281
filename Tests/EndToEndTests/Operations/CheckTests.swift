import Glibc
import IngestTesting
import SystemPackage
import Testing

/// What `bucketd check` says.
@Suite(.timeLimit(.minutes(2))) struct CheckTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func check(_ settings: String = "") async throws -> CommandLineTool.Outcome {
        try directory.write("bucket: \(directory.file("bucket"))\n\(settings)".utf8, to: "check.yaml")
        return try await CommandLineTool.run(
            Executables.path(of: "bucketd").string,
            ["check", "--config", directory.file("check.yaml").string]
        )
    }

    /// The words at the begin of each line: what it says of what.
    private func verdicts(_ outcome: CommandLineTool.Outcome) -> [String: String] {
        let pairs = outcome.outputText.split(separator: "\n").map { line in
            let words = line.split(separator: " ", maxSplits: 2)
            return (String(words[1]), String(words[0]))
        }
        return Dictionary(pairs) { $0 == "ok" ? $1 : $0 }
    }

    @Test func everythingIsLookedAtAndNothingIsLeft() async throws {
        try directory.makeDirectory("bucket")
        let outcome = try await check("thumbnails: {sizes: []}\n")
        #expect(outcome.status == 0, "\(outcome.outputText)\(outcome.errorText)")
        let topics = [
            "settings", "daemon", "user", "bucket", "state", "rename", "attributes", "sync", "space", "inodes",
            "readers", "removers", "ledger", "checksums", "descriptors", "tokens", "tls", "landlock", "decoder",
        ]
        let found = verdicts(outcome)
        for topic in topics { #expect(found[topic] != nil, "\(topic) in \(outcome.outputText)") }
        // In columns: what is looked at begins in the 10th, what was found in the 23rd.
        for line in outcome.outputText.split(separator: "\n") {
            let bytes = Array(line.utf8)
            #expect(bytes.count > 22 && bytes[8] == 0x20 && bytes[9] != 0x20 && bytes[21] == 0x20 && bytes[22] != 0x20)
        }
        #expect(outcome.outputText.split(separator: "\n").last?.hasPrefix("verdict  ok") == true)
        #expect(directory.names() == ["bucket", "check.yaml"])
        #expect(directory.names(in: "bucket").isEmpty)
    }

    /// It takes no lock, and leaves alone what is on its way.
    @Test func besideADaemonItDisturbsNobody() async throws {
        let daemon = try await DaemonProcess.start(in: directory, options: .init(settings: "thumbnails: {sizes: []}\n"))
        let client = try await LoopbackClient.connect(to: daemon.address)
        defer { client.close() }
        try await client.send(LoopbackClient.head("PUT", "/files/slow", length: 4))
        try await client.send([1, 2])
        try await daemon.waitForSpool(in: directory)
        let spool = directory.names(in: "bucket.state/spool")
        let outcome = try await check("thumbnails: {sizes: []}\n")
        #expect(outcome.status == 0, "\(outcome.outputText)")
        #expect(outcome.outputText.contains("one runs on this bucket; it is not disturbed"))
        #expect(directory.names(in: "bucket.state/spool") == spool)
        #expect(directory.names(in: "bucket").isEmpty)
        try await client.send([3, 4])
        #expect(try await client.readReply().status == 201)
        // Its locks are still its own.
        let second = try await DaemonProcess.launch(in: directory)
        #expect(await second.waitForExit() != 0)
        #expect(second.output.contains("Another bucketd"))
    }

    @Test func aBucketThatIsNotThereIsAProblem() async throws {
        let outcome = try await check("thumbnails: {sizes: []}\n")
        #expect(outcome.status == 2)
        #expect(verdicts(outcome)["bucket"] == "problem")
        #expect(outcome.outputText.contains("The bucket \(directory.file("bucket")) does not exist."))
        #expect(outcome.outputText.contains("verdict  problem      bucketd cannot run like this: 1 problem, "))
    }

    private static func device(_ path: String) -> dev_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_dev : nil
    }

    private static let memory = Requirement("/dev/shm on another filesystem than /tmp") {
        device("/dev/shm") != nil && device("/dev/shm") != device("/tmp") && access("/dev/shm", W_OK) == 0
    }

    @Test(.requires(memory)) func aStateOnAnotherFilesystemIsAProblem() async throws {
        try directory.makeDirectory("bucket")
        let other = try TemporaryDirectory(in: "/dev/shm")
        let outcome = try await check("thumbnails: {sizes: []}\nstate: \(other.file("state"))\n")
        #expect(outcome.status == 2)
        #expect(verdicts(outcome)["rename"] == "problem", "\(outcome.outputText)")
        #expect(!other.exists("state"))
    }

    @Test func whatIsOddIsAWarning() async throws {
        try directory.makeDirectory("bucket")
        let settings = """
            thumbnails: {sizes: []}
            state: \(directory.file("bucket/.state"))
            publicURL: https://files.example.org
            files: {mode: "0600"}

            """
        let outcome = try await check(settings)
        #expect(outcome.status == 0, "\(outcome.outputText)")
        let found = verdicts(outcome)
        #expect(found["hosts"] == "warning" && found["state"] == "warning" && found["readers"] == "warning")
        #expect(outcome.outputText.contains("bucketd can run with these settings, with "))
    }

    /// The daemon would not start with any of these.
    @Test(arguments: ["missing", "empty", "open", "malformed"])
    func tokensThatCannotBeUsedAreAProblem(how: String) async throws {
        try directory.makeDirectory("bucket")
        let file = directory.file("tokens")
        if how != "missing" {
            try directory.write((how == "malformed" ? "{\"id\":\"a\"}\n" : "# none\n").utf8, to: "tokens")
            #expect(chmod(file.string, how == "open" ? 0o644 : 0o600) == 0)
        }
        let outcome = try await check("thumbnails: {sizes: []}\nauth: {tokensFile: \(file)}\n")
        #expect(outcome.status == 2)
        #expect(verdicts(outcome)["tokens"] == "problem", "\(outcome.outputText)")
        #expect(outcome.outputText.contains(how == "malformed" ? "line 1: sha256 is missing." : file.string))
    }

    @Test func tokensAndCertificatesAreTold() async throws {
        try directory.makeDirectory("bucket")
        _ = try await directory.newToken("a", "--scope", "read")
        let certificates = try await TestCertificates(in: directory)
        for name in ["one", "other"] { try await certificates.make(name) }
        func settings(_ key: String) -> String {
            """
            listen: ["tls:127.0.0.1:0"]
            tls: {certificate: \(certificates.path("one.pem")), key: \(certificates.path(key))}
            \(directory.tokenSettings)
            """
        }
        let fine = try await check(settings("one.key"))
        #expect(fine.status == 0, "\(fine.outputText)\(fine.errorText)")
        #expect(fine.outputText.contains("1 in \(directory.file("tokens"))"), "\(fine.outputText)")
        #expect(fine.outputText.contains("one.pem, with its key, until 20"), "\(fine.outputText)")
        try await certificates.make("one", days: 0)
        let expired = try await check(settings("one.key"))
        #expect(expired.status == 0 && verdicts(expired)["tls"] == "warning", "\(expired.outputText)")
        for key in ["other.key", "missing.key"] {
            let outcome = try await check(settings(key))
            #expect(outcome.status == 2)
            #expect(verdicts(outcome)["tls"] == "problem", "\(outcome.outputText)")
        }
    }

    @Test func noSpaceIsAProblem() async throws {
        try directory.makeDirectory("bucket")
        let outcome = try await check("thumbnails: {sizes: []}\nlimits: {minFreeSpace: 8000000TiB}\n")
        #expect(outcome.status == 2)
        #expect(verdicts(outcome)["space"] == "problem", "\(outcome.outputText)")
    }
}
