import Configuration
import Ingest
import IngestTesting
import Logging
import SystemPackage
import Testing

@testable import bucketd

/// Settings that were read again, beside those that count.
@Suite struct LoadedSettingsTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func load(_ yaml: String, environment: [String: String] = [:]) throws -> LoadedSettings {
        try directory.write(yaml.utf8, to: "settings.yaml")
        return try LoadedSettings(
            flags: SettingsFlags(),
            environment: environment,
            file: directory.file("settings.yaml")
        )
    }

    @Test func whatHasChangedIsNamed() throws {
        let old = try load("limits: {quota: 1GiB}\nhosts: [a]\nlogLevel: info")
        let new = try load("limits: {quota: 2GiB, maxUploadSize: 1}\nhosts: [a, b]")
        #expect(try new.changes(from: old) == [.hosts, .maxUploadSize, .quota])
        #expect(try old.changes(from: new) == [.hosts, .maxUploadSize, .quota])
        #expect(try old.changes(from: old).isEmpty)
    }

    /// Another spelling, or a default that is written down, is no change.
    @Test func whatMeansTheSameIsNoChange() throws {
        let old = try load("limits: {quota: 1GiB}\nuploads: {expireAfter: 90s}")
        let new = try load(
            "limits: {quota: 1024MiB, maxConnections: 10000}\nuploads: {expireAfter: 90}\nlogLevel: info\nhosts: []"
        )
        #expect(try new.changes(from: old).isEmpty)
    }

    /// What would not go with the other old values by itself is a change all the same.
    @Test func limitsThatMoveTogetherAreBothNamed() throws {
        let old = try load("limits: {quota: 1KiB, maxUploadSize: 1KiB}")
        let new = try load("limits: {quota: 4KiB, maxUploadSize: 4KiB}")
        #expect(try new.changes(from: old) == [.maxUploadSize, .quota])
    }

    @Test func someAreTakenOverAndTheOthersStay() throws {
        let old = try load("limits: {quota: 1GiB}\njobs: {workers: 2}")
        let new = try load("limits: {quota: 2GiB}\njobs: {workers: 3}\nlogLevel: debug")
        let mixed = try old.taking([.quota, .logLevel], from: new)
        #expect(mixed.settings.limits.quota == 2 << 30)
        #expect(mixed.settings.logLevel == .debug)
        #expect(mixed.settings.jobWorkers == 2)
        #expect(try new.changes(from: mixed) == [.jobWorkers])
    }

    @Test func aValueThatIsGoneGivesWayToTheDefault() throws {
        let old = try load("limits: {maxFilesPerForm: 5}")
        let new = try load("")
        #expect(try old.taking(new.changes(from: old), from: new).settings == new.settings)
    }

    @Test func theEnvironmentWinsAgain() throws {
        let environment = ["BUCKETD_LIMITS_QUOTA": "5"]
        let old = try load("limits: {quota: 1}", environment: environment)
        let new = try load("limits: {quota: 2}", environment: environment)
        #expect(try new.changes(from: old).isEmpty)
        #expect(new.settings.limits.quota == 5)
    }

    struct Change: Sendable {
        let old: String
        let new: String
        /// What is taken over, beside the quota.
        let taken: [SettingKey]
        let waiting: [SettingKey]
    }

    private static let tls = "tls: {certificate: /a, key: /b"
    private static let open = #"listen: ["0.0.0.0:8080"]"#

    /// Values that are taken over may need others that are not.
    @Test(arguments: [
        Change(
            old: "",
            new: #"listen: ["127.0.0.1:8080", "tls:[::1]:8443"]\#n\#(tls), clientCA: /c}"#,
            taken: [],
            waiting: [.listen, .tlsCertificate, .tlsKey, .tlsClientCA]
        ),
        Change(
            old: #"listen: ["tls:[::1]:8443"]\#n\#(tls)}"#,
            new: "",
            taken: [],
            waiting: [.listen, .tlsCertificate, .tlsKey]
        ),
        Change(
            old: "listen: [systemd]\n\(tls)}",
            new: "listen: [systemd]",
            taken: [],
            waiting: [.tlsCertificate, .tlsKey]
        ),
        Change(
            old: "listen: [systemd]\n\(tls)}",
            new: "listen: [systemd]\ntls: {certificate: /d, key: /b, clientCA: /c}",
            taken: [.tlsCertificate, .tlsClientCA],
            waiting: []
        ),
        Change(
            old: "\(open)\nauth: {allowAnonymous: true}",
            new: "\(open)\nauth: {tokensFile: /t}",
            taken: [],
            waiting: [.tokensFile, .allowAnonymous]
        ),
        Change(
            old: "\(open)\nauth: {tokensFile: /t}",
            new: "\(open)\nauth: {allowAnonymous: true}",
            taken: [],
            waiting: [.tokensFile, .allowAnonymous]
        ),
        Change(
            old: "auth: {allowAnonymous: true}\n\(open)",
            new: "",
            taken: [],
            waiting: [.listen, .allowAnonymous]
        ),
        Change(
            old: "",
            new: "auth: {allowAnonymous: true}\n\(open)",
            taken: [],
            waiting: [.listen, .allowAnonymous]
        ),
    ])
    func whatDependsOnWhatWaitsWaitsToo(_ change: Change) throws {
        let old = try load(change.old)
        let new = try load("\(change.new)\nlimits: {quota: 5MiB}")
        let changed = try new.changes(from: old)
        let taken = new.reloadable(changed, over: old)
        #expect(Set(taken) == Set(change.taken + [.quota]))
        let mixed = try old.taking(taken, from: new)
        #expect(mixed.settings.limits.quota == 5 << 20)
        #expect(mixed.settings.listen == old.settings.listen)
        // And so at each further reload.
        let rest = try new.changes(from: mixed)
        #expect(Set(rest) == Set(change.waiting))
        #expect(new.reloadable(rest, over: mixed).isEmpty)
    }

    /// Every limit but the memory for bodies, and what decides on requests.
    @Test func limitsCanBeReloaded() {
        let fixed = SettingKey.allCases.filter { !$0.isReloadable }.map(\.rawValue)
        #expect(fixed.filter { $0.hasPrefix("limits.") } == ["limits.bufferMemory"])
        #expect(!fixed.contains { $0.hasPrefix("uploads.") || $0.hasPrefix("idempotency.") })
    }
}
