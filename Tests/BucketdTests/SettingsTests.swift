import Configuration
import Digests
import Ingest
import IngestTesting
import Logging
import MicroHTTP
import SystemPackage
import Testing

@testable import bucketd

@Suite struct SettingsTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func load(
        _ yaml: String,
        flags: [SettingKey: ConfigContent] = [:],
        environment: [String: String] = [:]
    ) throws -> Settings {
        try directory.write(yaml.utf8, to: "settings.yaml")
        return try Settings.load(flags: flags, environment: environment, file: directory.file("settings.yaml"))
    }

    private func problems(_ yaml: String, environment: [String: String] = [:]) throws -> [SettingsProblem] {
        do {
            _ = try load(yaml, environment: environment)
            return []
        } catch let error as SettingsError {
            return error.problems
        }
    }

    @Test func everyKeyIsRead() throws {
        let settings = try load(
            """
            bucket: /srv/in
            listen: ["[::1]:1", "unix:/run/b.sock", systemd]
            durability: relaxed
            collision: reject
            shutdownTimeout: 5s
            files: {mode: "0644", group: media}
            limits: {maxUploadSize: 10GiB, maxConcurrentUploads: 9, maxUploadsPerAddress: 3, minFreeSpace: 0, minRate: 1KiB, maxUploadTime: 2h}
            thumbnails: {sizes: [64, 512], format: jpeg}
            jobs: {retention: 1d}
            """
        )
        #expect(settings.bucket == "/srv/in")
        #expect(settings.state == "/srv/in.state")
        #expect(
            settings.listen == [.address(.tcp(host: "::1", port: 1)), .address(.unix(path: "/run/b.sock")), .systemd]
        )
        #expect(settings.durability == .relaxed)
        #expect(settings.collision == .reject)
        #expect(settings.shutdownTimeout == .seconds(5))
        #expect(settings.fileMode == 0o644)
        #expect(settings.fileGroup == "media")
        #expect(settings.limits.maxUploadSize == 10 << 30)
        #expect(settings.limits.maxConcurrentUploads == 9)
        #expect(settings.limits.maxUploadsPerAddress == 3)
        #expect(settings.limits.minFreeSpace == 0)
        #expect(settings.minRate == 1024)
        #expect(settings.maxUploadTime == .seconds(7200))
        #expect(settings.thumbnails.sizes == [64, 512])
        #expect(settings.thumbnails.format == .jpeg)
        #expect(settings.jobRetention == .seconds(86_400))
    }

    @Test func aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws {
        let yaml = "bucket: /file\nlogLevel: error\ncollision: reject"
        let environment = ["BUCKETD_BUCKET": "/environment", "BUCKETD_LOG_LEVEL": "debug"]
        let settings = try load(yaml, flags: [.bucket: .string("/flag")], environment: environment)
        #expect(settings.bucket == "/flag")
        #expect(settings.logLevel == .debug)
        #expect(settings.collision == .reject)
    }

    @Test func listsComeFromTheEnvironmentToo() throws {
        let settings = try load("", environment: ["BUCKETD_LISTEN": "127.0.0.1:1,127.0.0.1:2"])
        #expect(settings.listen.count == 2)
    }

    @Test func allProblemsAreToldAtOnce() throws {
        let found = try problems(
            """
            bukket: x
            limits:
              maxUploadSize: lots
              maxUpload: 1
            durability: yes please
            thumbnails: 3
            listen: 127.0.0.1:80
            """,
            environment: ["BUCKETD_COLLISION": "explode", "BUCKETD_NONSENSE": "1"]
        )
        let keys = Set(found.map(\.key))
        #expect(keys.isSuperset(of: ["bukket", "limits.maxUpload", "thumbnails", "BUCKETD_NONSENSE", "collision"]))
        #expect(found.first { $0.key == "limits.maxUpload" }?.reason.contains("line 4") == true)
    }

    @Test(arguments: [
        ("limits: {maxUploadSize: lots}", "limits.maxUploadSize"),
        ("limits: {maxUploadSize: 99999999999TiB}", "limits.maxUploadSize"),
        ("limits: {maxUploadSize: -1}", "limits.maxUploadSize"),
        ("listen: [localhost]", "listen"),
        ("listen: [\"0.0.0.0:80\"]", "listen"),
        ("listen: 127.0.0.1:80", "listen"),
        ("bucket: [a, b]", "bucket"),
        ("files: {mode: \"0999\"}", "files.mode"),
        ("thumbnails: {sizes: [1]}", "thumbnails.sizes"),
        ("thumbnails: {timeout: 91}", "thumbnails.timeout"),
        ("thumbnails: {memory: 1MiB}", "thumbnails.memory"),
        ("shutdownTimeout: soon", "shutdownTimeout"),
        ("trustedProxies: [10.0.0.0/33]", "trustedProxies"),
        ("trustedProxies: [proxy.example]", "trustedProxies"),
        ("idempotency: {expireAfter: 59s}", "idempotency.expireAfter"),
        ("limits: {maxIdempotencyKeys: some}", "limits.maxIdempotencyKeys"),
        ("durability: true", "durability"),
        ("checksums: md5", "checksums"),
        ("checksums: [sha256]", "checksums"),
        ("checksums: [md5, crc32]", "checksums"),
        ("bucket: a\nbucket: b", "YAML"),
        ("- a", "YAML"),
        ("a: [", "YAML"),
    ])
    func aWrongValueNamesItsKey(yaml: String, key: String) throws {
        #expect(try problems(yaml).map(\.key) == [key])
    }

    @Test func checksumsAreAList() throws {
        #expect(try load("").checksums.isEmpty)
        #expect(try load("checksums: []").checksums.isEmpty)
        #expect(try load("checksums: [crc32c, md5, md5]").checksums == [.md5, .crc32c])
        #expect(try load("", environment: ["BUCKETD_CHECKSUMS": "sha1,sha512"]).checksums == [.sha1, .sha512])
    }

    @Test func noProxyIsTrustedUnlessItIsListed() throws {
        #expect(try load("").trustedProxies.isEmpty)
        let settings = try load("trustedProxies: [127.0.0.1, \"::1\", 10.0.0.0/8, unix]")
        var proxies = TrustedProxies()
        for text in ["127.0.0.1", "::1", "10.0.0.0/8", "unix"] { _ = proxies.insert(text) }
        #expect(settings.trustedProxies == proxies)
        #expect(settings.serverOptions(listen: [], processors: 1).trustedProxies == proxies)
    }

    @Test func aNetworkAddressNeedsConsent() throws {
        let settings = try load("listen: [\"0.0.0.0:80\"]\nauth: {allowAnonymous: true}")
        #expect(settings.listen == [.address(.tcp(host: "0.0.0.0", port: 80))])
    }

    @Test func aNetworkAddressMayHaveTokensInstead() throws {
        let listen = "listen: [\"0.0.0.0:80\"]\n"
        #expect(try load(listen + "auth: {tokensFile: /etc/bucketd/tokens}").tokensFile == "/etc/bucketd/tokens")
        let error = #expect(throws: SettingsError.self) {
            try load(listen + "auth: {tokensFile: /etc/bucketd/tokens, allowAnonymous: true}")
        }
        #expect(error?.problems.map(\.key) == ["auth.allowAnonymous"])
        #expect(throws: SettingsError.self) { try load(listen) }
    }

    /// The sample that is shipped shows every key, and the defaults it shows are the defaults.
    @Test func theSampleIsTrue() throws {
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        let sample = try SettingsFile.read(root.appending("systemd/bucketd.yaml"))
        #expect(SettingsFile.problems(in: sample).isEmpty)
        let keys = SettingKey.allCases.filter { !["state", "hosts", "origins"].contains($0.rawValue) }
        for key in keys {
            let name = try #require(key.components.last)
            #expect(
                sample.contains(" \(name):") || sample.contains("\n\(name):"),
                "\(key.rawValue) is not in the sample"
            )
        }
        let names = Set(SettingKey.allCases.flatMap(\.components))
        let uncommented = sample.split(separator: "\n").map { line -> String in
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("# "), let colon = text.firstIndex(of: ":"),
                names.contains(String(text[..<colon].dropFirst(2)))
            else { return String(line) }
            return line.prefix { $0 == " " } + String(text.dropFirst(2))
        }.joined(separator: "\n")
        #expect(SettingsFile.problems(in: uncommented).isEmpty, "\(SettingsFile.problems(in: uncommented))")
        let settings = try load(uncommented)
        let defaults = Settings()
        #expect(settings.minRate == defaults.minRate)
        #expect(settings.headerTimeout == defaults.headerTimeout)
        #expect(settings.idleTimeout == defaults.idleTimeout)
        #expect(settings.minRateGrace == defaults.minRateGrace)
        #expect(settings.downloadStall == defaults.downloadStall)
        #expect(settings.bufferMemory == defaults.bufferMemory)
        #expect(settings.maxConnections == defaults.maxConnections)
        #expect(settings.shutdownTimeout == defaults.shutdownTimeout)
        #expect(settings.fileMode == defaults.fileMode)
        #expect(settings.thumbnails.sizes == defaults.thumbnails.sizes)
        #expect(settings.thumbnails.timeout == defaults.thumbnails.timeout)
        #expect(settings.thumbnails.memory == defaults.thumbnails.memory)
        #expect(settings.jobWorkers == defaults.jobWorkers)
        #expect(settings.jobRetention == defaults.jobRetention)
        #expect(settings.heldFiles == defaults.heldFiles)
        #expect(settings.checksums == defaults.checksums)
        #expect(settings.maxIdempotencyKeys == defaults.maxIdempotencyKeys)
        #expect(settings.expireKeysAfter == defaults.expireKeysAfter)
        #expect(settings.maxUnfinishedUploadsPerAddress == defaults.maxUnfinishedUploadsPerAddress)
    }
}
