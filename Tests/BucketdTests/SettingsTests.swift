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

    @Test func everyKeyIsRead() throws {
        let settings = try load(
            """
            bucket: /srv/in
            listen: ["[::1]:1", "unix:/run/b.sock", systemd]
            durability: relaxed
            collision: reject
            shutdownTimeout: 5s
            files: {mode: "0644", group: daemon}
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
        #expect(settings.fileGroup == "daemon")
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
        #expect(settings.serverOptions(listen: [], processors: 1, descriptors: 1 << 20).trustedProxies == proxies)
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
}
