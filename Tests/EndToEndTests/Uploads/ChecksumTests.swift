import Digests
import FoundationEssentials
import Glibc
import IngestTesting
import SystemPackage
import Testing

/// The digests that the checksum job records, as configured.
@Suite(.timeLimit(.minutes(2))) struct ChecksumTests {
    private static let plain = "thumbnails: {sizes: []}\n"
    private static let configured = plain + "checksums: [md5, sha1, sha512, crc32c]\n"
    private static let content = Content(seed: 5, size: 3_000_001).bytes

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let algorithms: Set<DigestAlgorithm> = [.md5, .sha1, .sha512, .crc32c]

    private static var expected: [DigestAlgorithm: Digest] {
        var digests = StreamingDigests(algorithms)
        digests.update(content[...])
        return digests.finalize()
    }

    private static var listed: [String: String] {
        Dictionary(uniqueKeysWithValues: expected.map { ($0.key.rawValue, $0.value.hex) })
    }

    private func start(_ settings: String) async throws -> DaemonProcess {
        try await DaemonProcess.start(in: directory, options: .init(settings: settings))
    }

    private func stop(_ daemon: DaemonProcess) async {
        daemon.terminate()
        #expect(await daemon.waitForExit() == 0)
    }

    private func runChecksums(_ daemon: DaemonProcess) async throws {
        let body = Array(#"{"tasks": ["checksum"]}"#.utf8)
        let type = [("Content-Type", "application/json")]
        #expect(try await daemon.request("POST", "/run-tasks", headers: type, body: body).status == 202)
        try await daemon.settleJobs()
    }

    /// Every algorithm is told to those who want it.
    private func expectDigests(from daemon: DaemonProcess) async throws {
        #expect(try await daemon.settledFiles().map(\.digests) == [Self.listed])
        for algorithm in Self.algorithms {
            let key = try #require(algorithm.fieldKey)
            let reply = try await daemon.request("HEAD", "/files/a", headers: [("Want-Repr-Digest", "\(key)=10")])
            #expect(reply["Repr-Digest"] == Self.expected[algorithm]?.fieldMember)
        }
    }

    @Test func configuredDigestsAreThereAfterTheJob() async throws {
        let daemon = try await start(Self.configured)
        #expect(try await daemon.request("PUT", "/files/a", body: Self.content).status == 201)
        try await expectDigests(from: daemon)
        // As other programs compute them.
        let file = directory.file("bucket/a").string
        for (program, name) in [("md5sum", "md5"), ("sha1sum", "sha1"), ("sha512sum", "sha512")] {
            let outcome = try await CommandLineTool.run(program, [file])
            #expect(outcome.outputText.hasPrefix(try #require(Self.listed[name])), "\(program)")
        }
        await stop(daemon)
        let again = try await start(Self.plain)
        try await expectDigests(from: again)
        await stop(again)
    }

    /// A watcher would see that, and take the file for changed.
    @Test func theJobDoesNotTouchTheFile() async throws {
        let daemon = try await start(Self.plain)
        #expect(try await daemon.request("PUT", "/files/a", body: Self.content).status == 201)
        try await daemon.settleJobs()
        await stop(daemon)
        let before = try status("bucket/a")
        let again = try await start(Self.configured)
        #expect(try await again.settledFiles().map(\.digests) == [nil])
        try await runChecksums(again)
        try await expectDigests(from: again)
        let after = try status("bucket/a")
        #expect(before.st_ctim.tv_sec == after.st_ctim.tv_sec && before.st_ctim.tv_nsec == after.st_ctim.tv_nsec)
        await stop(again)
    }

    private func status(_ path: String) throws -> stat {
        var status = stat()
        try #require(stat(directory.file(path).string, &status) == 0)
        return status
    }

    /// What the ledger lost is computed again.
    @Test func aRepairedLedgerHasThemAfterTheJobs() async throws {
        let daemon = try await start(Self.configured)
        #expect(try await daemon.request("PUT", "/files/a", body: Self.content).status == 201)
        try await daemon.settleJobs()
        await stop(daemon)
        #expect(unlink(directory.file("bucket.state/ledger.sqlite").string) == 0)
        try directory.write(Self.configured.utf8, to: "bucketd.yaml")
        let outcome = try await CommandLineTool.run(
            Executables.path(of: "bucketd").string,
            [
                "check", "--repair", "--bucket", directory.file("bucket").string, "--config",
                directory.file("bucketd.yaml").string,
            ]
        )
        #expect(outcome.status == 0, "\(outcome.outputText)\(outcome.errorText)")
        #expect(outcome.outputText.contains("besides SHA-256: sha512, sha1, md5, crc32c"))
        let again = try await start(Self.configured)
        try await expectDigests(from: again)
        await stop(again)
    }

    @Test func aReplacedFileHasItsOwn() async throws {
        let daemon = try await start(Self.configured)
        #expect(try await daemon.request("PUT", "/files/a", body: [1]).status == 201)
        try await daemon.settleJobs()
        #expect(try await daemon.request("PUT", "/files/a", body: Self.content).status == 204)
        try await expectDigests(from: daemon)
        await stop(daemon)
    }
}
