import IngestTesting
import SystemPackage
import Testing

@testable import bucketd

/// The sample that is shipped shows every key, with its default, and nothing else.
@Suite struct SampleSettingsTests {
    /// What has no default that could be written down, so that the sample shows an example and says what counts.
    private static let examples: Set<SettingKey> = [
        .state, .publicURL, .filesGroup, .minFreeSpace, .thumbnailWorkers, .thumbnailDirectory, .thumbnailHelper,
        .tlsCertificate, .tlsKey, .tlsClientCA, .tokensFile,
    ]

    private let directory: TemporaryDirectory
    private let sample: String
    /// Its lines, those that show defaults being no comments any more.
    private let lines: [String]

    init() throws {
        directory = try TemporaryDirectory()
        let root = FilePath(#filePath).removingLastComponent().removingLastComponent().removingLastComponent()
        sample = try SettingsFile.read(root.appending("systemd/bucketd.yaml"))
        let names = Set(SettingKey.allCases.flatMap(\.components))
        lines = sample.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let text = line.drop { $0 == " " }
            guard text.hasPrefix("# "), let colon = text.firstIndex(of: ":"),
                names.contains(String(text[..<colon].dropFirst(2)))
            else { return String(line) }
            return line.prefix { $0 == " " } + String(text.dropFirst(2))
        }
    }

    private func settings(_ yaml: String) throws -> Settings {
        try directory.write(yaml.utf8, to: "settings.yaml")
        return try Settings.load(flags: [:], environment: [:], file: directory.file("settings.yaml"))
    }

    /// The line of each key.
    private func places() throws -> [SettingKey: Int] {
        var places: [SettingKey: Int] = [:]
        var heading = ""
        for (number, line) in lines.enumerated() {
            guard let colon = line.firstIndex(of: ":"), line.first != "#" else { continue }
            let name = line[..<colon]
            if !name.hasPrefix(" ") { heading = String(name) }
            let key = name.hasPrefix("  ") ? "\(heading).\(name.drop { $0 == " " })" : String(name)
            guard let setting = SettingKey(rawValue: key) else { continue }
            #expect(places[setting] == nil, "\(key) is there twice")
            places[setting] = number
        }
        return places
    }

    @Test func itIsTrueAsItIsShipped() throws {
        let shipped = try settings(sample)
        var defaults = Settings()
        (defaults.bucket, defaults.state) = ("/var/lib/bucketd/bucket", "/var/lib/bucketd/bucket.state")
        // Of bucketd.socket, which is installed with it.
        defaults.listen = [.systemd]
        #expect(shipped == defaults)
    }

    @Test func everyKeyIsThereOnceAndNothingElse() throws {
        let file = SettingsFile(lines.joined(separator: "\n"), "bucketd.yaml")
        #expect(file.problems == [])
        let missing = Set(SettingKey.allCases).subtracting(try places().keys)
        #expect(missing.isEmpty, "\(missing)")
    }

    @Test func whatItShowsIsTheDefault() throws {
        let plain = try settings("")
        for (key, number) in try places() where ![.bucket, .listen].contains(key) && !Self.examples.contains(key) {
            let line = lines[number]
            let heading = key.components.count == 2 ? "\(key.components[0]):\n" : ""
            #expect(try settings(heading + line) == plain, "\(line)")
        }
    }

    /// The comment above an example says what counts without it.
    @Test func whatHasNoFixedDefaultSaysSo() throws {
        let places = try places()
        for key in Self.examples {
            let number = try #require(places[key], "\(key.rawValue)")
            let comment = lines[..<number].reversed().prefix { $0.drop { $0 == " " }.hasPrefix("#") }
            #expect(comment.contains { $0.contains("Default: ") }, "\(key.rawValue)")
        }
    }

    @Test func itSaysWhatWaitsForTheNextStart() throws {
        let start = try #require(lines.firstIndex { $0.contains("wait for the next start instead") })
        let names = lines[start + 1].dropFirst(2).split(separator: ",").map { name in
            name.drop { $0 == " " }.reversed().drop { $0 == "." }.reversed()
        }.map { String($0) }
        let named = SettingKey.allCases.filter { key in
            names.contains { key.rawValue == $0 || key.rawValue.hasPrefix("\($0).") }
        }
        #expect(Set(named) == Set(SettingKey.allCases.filter { !$0.isReloadable }))
    }
}
