import Digests
import Glibc
import IngestTesting
import MicroHTTP
import SystemPackage
import Testing

@testable import bucketd

@Suite(.timeLimit(.minutes(1))) struct SystemCheckTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try directory.makeDirectory("bucket")
    }

    private func findings(_ thumbnails: FilePath?) async -> [SystemCheck.Finding] {
        var settings = Settings()
        settings.bucket = directory.file("bucket")
        settings.state = directory.file("state")
        settings.thumbnails.directory = thumbnails
        let findings = await SystemCheck(settings).findings()
        return findings.filter { $0.topic == "thumbnails" }
    }

    private static func device(_ path: FilePath) -> dev_t? {
        var status = stat()
        return stat(path.string, &status) == 0 ? status.st_dev : nil
    }

    private static let memory = Requirement("/dev/shm on another filesystem than /tmp") {
        device("/dev/shm") != nil && device("/dev/shm") != device("/tmp") && access("/dev/shm", W_OK) == 0
    }

    @Test(.requires(memory), arguments: ["", "not/there/yet"])
    func thumbnailsOnAnotherFilesystemAreRefused(below: String) async throws {
        var template = Array("/dev/shm/bucketd-check-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let elsewhere = FilePath(platformString: template)
        defer { rmdir(elsewhere.string) }
        let findings = await findings(elsewhere.pushing(FilePath(below)))
        #expect(findings.map(\.level) == [.problem])
        #expect(findings.first?.text.contains("is on another filesystem than the state directory") == true)
        #expect(!directory.exists("state"))
    }

    @Test(arguments: ["state", "not/there/yet"])
    func thumbnailsOnTheMountOfTheStateAreFine(below: String) async throws {
        let findings = await findings(directory.file(below))
        #expect(findings.map(\.level) == [.ok])
        #expect(!directory.exists("state"))
        #expect(directory.names() == ["bucket"])
    }

    @Test func aFileInTheWayIsAProblem() async throws {
        try directory.write([], to: "file")
        #expect(await findings(directory.file("file/thumbnails")).map(\.level) == [.problem])
        #expect(!directory.exists("state"))
    }

    @Test(arguments: [("", "none"), ("crc32c md5", "md5, crc32c, by the checksum job")])
    func furtherChecksumsAreNamed(configured: String, told: String) async {
        var settings = Settings()
        settings.bucket = directory.file("bucket")
        settings.state = directory.file("state")
        settings.thumbnails.sizes = []
        settings.checksums = Set(configured.split(separator: " ").compactMap { DigestAlgorithm(rawValue: String($0)) })
        let texts = await SystemCheck(settings).findings().map(\.text)
        #expect(texts.contains("besides SHA-256: \(told)"), "\(texts)")
    }

    /// Of one topic, with files that are not there.
    private func finding(_ topic: String, withFilesIn folder: FilePath) async -> SystemCheck.Finding? {
        var settings = Settings()
        settings.bucket = directory.file("bucket")
        settings.state = directory.file("state")
        settings.thumbnails.sizes = []
        settings.tokensFile = folder.appending("tokens")
        settings.tls = TLSFiles(certificate: folder.appending("certificate"), key: folder.appending("key"))
        return await SystemCheck(settings).findings().first { $0.topic == topic }
    }

    @Test(arguments: ["tokens", "tls"])
    func whatSystemdHandsOverMayBeMissingWhileTheServiceIsStopped(topic: String) async throws {
        let absent = await finding(topic, withFilesIn: FilePath("/run/credentials/bucketd-check-\(getpid()).service"))
        #expect(absent?.level == .warning)
        #expect(absent?.text.hasSuffix("systemd hands it over only while the service runs") == true)
        for folder in [directory.file("not-there"), "/run/credentials-not-there"] {
            #expect(await finding(topic, withFilesIn: folder)?.level == .problem)
        }
    }

    @Test func theDefaultNeedsNoCheck() async throws {
        #expect(await findings(nil).isEmpty)
    }
}
