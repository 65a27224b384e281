import Configuration
import SystemPackage

/// Settings with what they were made of, so that two of them can be compared and mixed by key.
struct LoadedSettings: Sendable {
    let settings: Settings
    /// What flags, environment and file say; a key that none of them has is not there.
    let contents: [SettingKey: ConfigContent]

    /// Settings from flags, the environment, the file and defaults, in this order of precedence.
    ///
    /// Blocks for as long as the file takes to be read. Throws `SettingsError` with every problem there is.
    init(flags: SettingsFlags, environment: [String: String], file path: FilePath?) throws(SettingsError) {
        var problems = Self.unknownVariables(in: environment)
        var sources = [flags.source, SettingsSource(environment: environment)]
        if let path {
            do {
                let file = try SettingsFile(path)
                problems += file.problems
                sources.append(file.source)
            } catch {
                problems += error.problems
            }
        }
        try self.init(sources, problems)
    }

    private init(_ sources: [SettingsSource], _ others: [SettingsProblem] = []) throws(SettingsError) {
        var reader = SettingsReader(sources: sources)
        settings = Settings(reading: &reader)
        contents = reader.contents
        let problems = others + reader.problems
        guard problems.isEmpty else { throw SettingsError(problems: problems) }
    }

    /// Keys whose values differ in effect, not in spelling alone.
    func changes(from old: LoadedSettings) throws(SettingsError) -> [SettingKey] {
        var changed: [SettingKey] = []
        for key in SettingKey.allCases where contents[key] != old.contents[key] {
            var mixed = old.contents
            mixed[key] = contents[key]
            // By itself it may not go with the old ones; then it is another for sure.
            let isSame = (try? LoadedSettings(mixed))?.settings == old.settings
            if !isSame { changed.append(key) }
        }
        return changed
    }

    /// Those of the `changed` keys that a daemon under `old` can take over; without the others they make sense.
    ///
    /// Addresses stay as they are, and TLS comes and goes with them.
    func reloadable(_ changed: [SettingKey], over old: LoadedSettings) -> [SettingKey] {
        let hasSameTLS = (settings.tls == nil) == (old.settings.tls == nil)
        return changed.filter { $0.isReloadable && (hasSameTLS || !$0.isOfTLS) }
    }

    /// These, with the values of another's for some keys.
    func taking(_ keys: [SettingKey], from other: LoadedSettings) throws(SettingsError) -> LoadedSettings {
        var mixed = contents
        for key in keys { mixed[key] = other.contents[key] }
        return try LoadedSettings(mixed)
    }

    private init(_ contents: [SettingKey: ConfigContent]) throws(SettingsError) {
        try self.init([SettingsSource("mixed", contents) { _ in nil }])
    }

    private static func unknownVariables(in environment: [String: String]) -> [SettingsProblem] {
        let known = Set(SettingKey.allCases.map(\.environmentName)).union(SettingKey.otherEnvironmentNames)
        return environment.keys.filter { $0.hasPrefix("BUCKETD_") && !known.contains($0) }.sorted().map { name in
            let hint = SettingKey.nearest(toVariable: name).map { "; did you mean \($0.environmentName)?" } ?? "."
            return SettingsProblem(.variable(name), key: nil, reason: "There is no such setting\(hint)")
        }
    }
}

/// Settings of the command line.
struct SettingsFlags: Sendable {
    var contents: [SettingKey: ConfigContent] = [:]
    /// How they are spelled.
    var names: [SettingKey: String] = [:]

    subscript(_ key: SettingKey, _ name: String) -> ConfigContent? {
        get { contents[key] }
        set {
            contents[key] = newValue
            names[key] = name
        }
    }

    var source: SettingsSource {
        SettingsSource("flags", contents) { [names] key in names[key].map { .flag($0) } }
    }
}
