import Digests
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// Each command of `bucketctl`, on a daemon.
@Suite(.timeLimit(.minutes(2))) struct ClientCommandTests {
    private struct PutOutcome: Decodable {
        struct Stored: Decodable {
            var source: String
            var filename: String
            var size: Int
            var sha256: String
        }
        struct Failed: Decodable {
            var filename: String
            var reason: String
        }
        var stored: [Stored]
        var failed: [Failed]
    }

    private struct Verified: Decodable {
        var same: Int
        var missing: [String]
        var extra: [String]
        var different: [String]
        var noDigest: [String]
    }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func start(_ settings: String = "") async throws -> (DaemonProcess, ClientProgram) {
        let options = DaemonProcess.Options(settings: settings + "\nthumbnails: {sizes: []}\n")
        let daemon = try await DaemonProcess.start(in: directory, options: options)
        return (daemon, try ClientProgram(directory, server: daemon.url))
    }

    private func path(_ name: String) -> String { directory.file(name).string }

    private func sha256(_ bytes: [UInt8]) -> String {
        var digest = StreamingDigest(.sha256)
        digest.update(bytes[...])
        return digest.finalize().hex
    }

    @Test func whatIsPutIsListedAndComesBack() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        let small = Content(seed: 1, size: 5000).bytes
        let large = Content(seed: 2, size: 20_000_000).bytes
        try directory.write(small, to: "small ü.txt")
        try directory.write(large, to: "large.bin")
        try directory.write([], to: "empty")
        let names = ["empty", "large.bin", "small ü.txt"]
        let printed = try await client.output(
            "put",
            path("small ü.txt"),
            path("large.bin"),
            path("empty"),
            "--to",
            "in/"
        )
        #expect(printed.split(separator: "\n").map(String.init).sorted() == names.map { "in/\($0)" })
        #expect(try directory.read("bucket/in/large.bin") == large)
        #expect(try directory.read("bucket/in/small ü.txt") == small)
        #expect(try await client.output("ls") == names.map { "in/\($0)\n" }.joined())
        #expect(try await client.output("ls", "in/s") == "in/small ü.txt\n")
        let long = try await client.output("ls", "-l", "in/large").split(separator: "\t")
        #expect(long.count == 4 && long[0] == "\(large.count)" && String(long[2]) == sha256(large))
        let listed = try await client.json(FileList.self, "ls")
        #expect(listed.files.map(\.filename) == names.map { "in/\($0)" })
        #expect(directory.names(in: "client-state/bucketctl").isEmpty)
        #expect(directory.names(in: "bucket.state/spool").isEmpty)

        try directory.makeDirectory("back")
        #expect(
            try await client.output("get", "in/large.bin", "in/small ü.txt", "-o", path("back"))
                == "large.bin\nsmall ü.txt\n"
        )
        #expect(try directory.read("back/large.bin") == large)
        let again = try await client.complaint("get", "in/large.bin", "-o", path("back"))
        #expect(again.contains("in/large.bin: There is such a file already"), "\(again)")
        try await client.output("get", "in/empty", "-o", path("back/large.bin"), "--force", "--quiet")
        #expect(try directory.read("back/large.bin").isEmpty)
        try await client.output("get", "--recursive", "in", "-o", path("tree/a") + "/")
        #expect(directory.names(in: "tree/a/in") == names)
        #expect(directory.names(in: "back") == ["large.bin", "small ü.txt"])

        try await client.output("rm", "in/empty")
        #expect(try await client.complaint("rm", "in/empty").contains("in/empty: "))
        #expect(try await client.complaint("rm", "in").contains("in: "))
        try await client.output("rm", "--recursive", "in")
        #expect(directory.paths(below: "bucket").isEmpty)
        #expect(try await client.output("ls").isEmpty)
        #expect(try await client.json(FileList.self, "ls").files.isEmpty)
    }

    @Test func aFolderOfManyFilesGoesUpAndIsVerified() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        try directory.makeDirectory("many/deeper/still")
        for number in 0..<200 {
            let folder = ["many", "many/deeper", "many/deeper/still"][number % 3]
            try directory.write(Content(seed: UInt64(number), size: number * 50).bytes, to: "\(folder)/\(number).bin")
        }
        let outcome = try await client.json(PutOutcome.self, "put", path("many"), "--parallel", "8")
        #expect(outcome.stored.count == 200 && outcome.failed.isEmpty)
        #expect(Set(directory.paths(below: "bucket/many")) == Set(directory.paths(below: "many")))
        for name in directory.paths(below: "many") {
            #expect(try directory.read("many/\(name)") == directory.read("bucket/many/\(name)"))
        }
        try directory.makeDirectory("back")
        try await client.output("get", "--recursive", "many", "-o", path("back"), "--quiet")
        #expect(directory.paths(below: "back/many") == directory.paths(below: "many"))

        #expect(try await client.output("verify").isEmpty)
        #expect(try await client.output("verify", path("back/many"), "--prefix", "many").isEmpty)
        #expect(try await client.json(Verified.self, "verify", path("many"), "--prefix", "many/").same == 200)
    }

    @Test func verifySaysWhatDiffers() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        try directory.makeDirectory("a")
        for name in ["same", "other", "gone"] { try directory.write(name.utf8, to: "a/\(name)") }
        try await client.output("put", path("a"))
        try directory.write("xxxxx".utf8, to: "a/other")
        try directory.write("new".utf8, to: "a/new")
        unlink(path("a/gone"))
        let local = try await client.run("verify", path("a"), "--prefix", "a")
        #expect(local.status == 1)
        #expect(local.outputText == "extra\ta/gone\ndifferent\ta/other\nmissing\ta/new\n")
        let json = try await client.json(Verified.self, "verify", path("a"), "--prefix", "a")
        #expect(
            json.same == 1 && json.extra == ["a/gone"] && json.different == ["a/other"] && json.missing == ["a/new"]
        )
        // Behind the daemon's back, with size and time as they were.
        let line =
            "touch -r '\(path("bucket/a/same"))' t && printf fake > '\(path("bucket/a/same"))' && touch -r t '\(path("bucket/a/same"))'; rm t"
        try #require(try await CommandLineTool.run("sh", ["-c", "cd '\(directory.path)' && \(line)"]).status == 0)
        let remote = try await client.run("verify")
        #expect(remote.status == 1 && remote.outputText == "different\ta/same\n", "\(remote.outputText)")
    }

    @Test func failuresAreToldForEachFileAndTheOthersGo() async throws {
        let (daemon, client) = try await start("limits: {maxUploadSize: 1MiB}")
        defer { daemon.terminate() }
        for (name, size) in [("a", 10), ("large", 3_000_000), ("huge", 20_000_000)] {
            try directory.write(Content(seed: 1, size: size).bytes, to: name)
        }
        let complaint = try await client.complaint("put", path("a"), path("large"), path("huge"), path("missing"))
        let lines = complaint.split(separator: "\n").map(String.init).sorted()
        #expect(lines.count == 3)
        for (line, name) in zip(lines, ["\(path("missing")): No such file or directory", "huge: ", "large: "]) {
            #expect(line.hasPrefix("bucketctl: \(name)"), "\(line)")
        }
        #expect(lines.dropFirst().allSatisfy { $0.contains("(413)") && $0.contains("1048576") }, "\(lines)")
        #expect(directory.names(in: "bucket") == ["a"])
        #expect(directory.names(in: "client-state/bucketctl").isEmpty)
        // Names that are taken.
        let taken = try await client.json(PutOutcome.self, "put", path("a"), "--no-replace")
        #expect(taken.stored.isEmpty && taken.failed.first?.reason.contains("(412)") == true)
        try await client.output("put", path("a"))
        // Usage.
        #expect(try await client.run("put").status == 64)
        #expect(try await client.run("put", path("a"), path("large"), "--to", "x").status == 1)
    }

    /// What cannot be read of a folder is missed in what goes up.
    @Test(.requires(.command("strace"))) func aFolderThatCannotBeReadToItsEndIsAFailure() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        try directory.makeDirectory("folder")
        try directory.write("a".utf8, to: "folder/a")
        let program = try Executables.path(of: "bucketctl").string
        let outcome = try await CommandLineTool.run(
            "strace",
            [
                "--follow-forks", "--trace=getdents64", "--inject=getdents64:error=EIO:when=2",
                "--trace-path=\(path("folder"))", "--output=/dev/null", program, "put", path("folder"),
            ],
            environment: client.environment
        )
        #expect(outcome.status == 1 && outcome.errorText.contains("folder: Input/output error"), "\(outcome.errorText)")
    }

    @Test(.requires(.command("script"))) func aTerminalGetsABar() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        try directory.write(Content(seed: 1, size: 9_000_000).bytes, to: "large.bin")
        let program = try Executables.path(of: "bucketctl")
        let outcome = try await CommandLineTool.run(
            "script",
            ["-qec", "'\(program)' put '\(path("large.bin"))'", "/dev/null"],
            environment: client.environment
        )
        #expect(outcome.status == 0)
        #expect(
            outcome.outputText.contains("of 8.5 MiB") && outcome.outputText.contains("1 stored, 8.5 MiB in")
        )
        #expect(!outcome.outputText.contains("\nlarge.bin"))
    }

    @Test func standardInputGoesUpUnderAName() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        for size in [0, 100_000, 12_000_000] {
            let bytes = Content(seed: 3, size: size).bytes
            try await client.output("put", "-", "--to", "in/stream", input: bytes)
            #expect(try directory.read("bucket/in/stream") == bytes)
        }
    }

    @Test func jobsAreListedShownAndSteered() async throws {
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        try directory.write("x".utf8, to: "x.bin")
        try await client.output("put", path("x.bin"))
        try await daemon.settleJobs()
        let jobs = try await client.json(JobList.self, "jobs", "--file", "x.bin").jobs
        let job = try #require(jobs.first { $0.kind == "checksum" })
        #expect(job.state == "done")
        let line = try await client.output("jobs", "--kind", "checksum", "--state", "done")
        #expect(line == "\(job.id)\tdone\tchecksum\t\(job.attempt)\tx.bin\t-\n")
        #expect(try await client.output("jobs", "show", "\(job.id)").contains("\"kind\":\"checksum\""))
        #expect(try await client.complaint("jobs", "cancel", "\(job.id)").contains("(409)"))
        #expect(try await client.complaint("jobs", "retry", "\(job.id)").contains("(409)"))
        #expect(try await client.complaint("jobs", "show", "999999").contains("(404)"))
        #expect(try await client.complaint("jobs", "--state", "odd").contains("(400)"))
    }

    /// What others put into the bucket may have any name.
    @Test func namesThatATerminalWouldObeyAreShown() async throws {
        try directory.makeDirectory("bucket")
        try directory.write("x".utf8, to: "bucket/a\u{1B}[2J\nb")
        let (daemon, client) = try await start()
        defer { daemon.terminate() }
        while try await daemon.json(FileList.self, at: "/files").files.isEmpty { await Task.yield() }
        #expect(try await client.output("ls") == "a\\u{1B}[2J\\u{A}b\n")
        let json = try await client.output("ls", "--json")
        #expect(json.contains("a\\u001b[2J\\nb") && !json.contains("\u{1B}"))
        let got = try await client.output("get", "a\u{1B}[2J\nb", "-o", path("got"))
        #expect(!got.contains("\u{1B}"))
        #expect(try directory.read("got") == Array("x".utf8))
        let refused = try await client.complaint("rm", "a\u{1B}[2J\nb")
        #expect(refused.hasPrefix("bucketctl: a\\u{1B}[2J\\u{A}b: ") && refused.contains("(409)"), "\(refused)")
        #expect(try await client.output("verify") == "no-digest\ta\\u{1B}[2J\\u{A}b\n")
    }
}
