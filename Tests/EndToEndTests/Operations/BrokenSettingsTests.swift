import Glibc
import IngestTesting
import SystemPackage
import Testing

/// What the program says of settings that cannot be, word by word, before it exits with 2.
@Suite(.timeLimit(.minutes(2))) struct BrokenSettingsTests {
    private let directory: TemporaryDirectory
    private var file: FilePath { directory.file("bucketd.yaml") }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func run(
        _ command: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) async throws -> CommandLineTool.Outcome {
        try await CommandLineTool.run(
            Executables.path(of: "bucketd").string,
            [command, "--config", file.string] + arguments,
            environment: environment
        )
    }

    @Test(arguments: ["serve", "check"])
    func everythingIsToldAtOnce(command: String) async throws {
        let settings = """
            bukket: x
            limits:
              maxUploadSize: lots
              quota: 1
              quota: 2
            collision: explode
            durability: [full]
            """
        try directory.write(settings.utf8, to: "bucketd.yaml")
        let outcome = try await run(
            command,
            ["--log-level", "loud"],
            environment: ["BUCKETD_JOBS_WORKERS": "none", "BUCKETD_JOBS_WORKER": "1"]
        )
        #expect(outcome.status == 2)
        #expect(outcome.output.isEmpty)
        #expect(
            outcome.errorText == """
                bucketd: \(file):1: bukket: There is no such key; did you mean bucket?
                bucketd: \(file):3: limits.maxUploadSize: “lots” is not a size such as 10GiB.
                bucketd: \(file):5: limits.quota: It is given more than once, in lines 4 and 5.
                bucketd: \(file):6: collision: “explode” is not one of rename, replace, reject.
                bucketd: \(file):7: durability: It takes a single value.
                bucketd: BUCKETD_JOBS_WORKER: There is no such setting; did you mean BUCKETD_JOBS_WORKERS?
                bucketd: BUCKETD_JOBS_WORKERS: jobs.workers: “none” is not a whole number of 1 to 1024.
                bucketd: --log-level: logLevel: “loud” is not one of trace, debug, info, notice, warning, error, critical.

                """
        )
    }

    /// Neither waits, nor reads all of it.
    @Test(arguments: ["serve", "check"])
    func whatIsNoTextIsRefusedAtOnce(command: String) async throws {
        #expect(try await run(command).errorText == "bucketd: \(file): It cannot be read: No such file or directory.\n")
        try #require(mkfifo(file.string, 0o600) == 0)
        #expect(try await run(command).errorText == "bucketd: \(file): It is not a regular file.\n")
        unlink(file.string)
        try directory.write([], to: "bucketd.yaml")
        try #require(truncate(file.string, 100 << 20) == 0)
        #expect(try await run(command).errorText == "bucketd: \(file): The file is larger than 1 MiB.\n")
        for (bytes, text) in [
            ("bucket: a\0b", "The file holds a NUL byte."),
            ("\u{FEFF}bucket: a", "The file begins with a byte order mark: save it as UTF-8 without one."),
        ] {
            try directory.write(bytes.utf8, to: "bucketd.yaml")
            let outcome = try await run(command)
            #expect(outcome.status == 2)
            #expect(outcome.errorText == "bucketd: \(file): \(text)\n")
        }
    }

    /// What only the start finds out is told in the same way.
    @Test func whatTheStartFindsOutIsTold() async throws {
        try directory.makeDirectory("bucket")
        try directory.write("bucket: \(directory.file("bucket"))\nlisten: [systemd]\n".utf8, to: "bucketd.yaml")
        let outcome = try await run("serve")
        #expect(outcome.status == 2)
        #expect(outcome.errorText == "bucketd: listen: systemd handed over no socket.\n")
    }
}
