import Configuration
import SystemPackage

extension Settings {
    /// Settings from flags, the environment, the file and defaults, in this order of precedence.
    ///
    /// Throws `SettingsError` with every problem there is.
    static func load(
        flags: [SettingKey: ConfigContent],
        environment: [String: String],
        file: FilePath?
    ) throws(SettingsError) -> Settings {
        var problems = unknownVariables(in: environment)
        let flagValues = flags.map { ($0.key.configKey, ConfigValue($0.value, isSecret: false)) }
        var sources: [any ConfigSnapshot] = [
            InMemoryProvider(name: "flags", values: Dictionary(uniqueKeysWithValues: flagValues)).snapshot(),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "bucketd").snapshot(),
        ]
        if let file {
            do {
                let content = try SettingsFile.read(file)
                problems += SettingsFile.problems(in: content)
                if problems.isEmpty, let snapshot = try SettingsFile.snapshot(of: content, named: file.string) {
                    sources.append(snapshot)
                }
            } catch {
                problems += error.problems
            }
        }
        var reader = SettingsReader(sources: sources)
        let settings = Settings(reading: &reader)
        problems += reader.problems
        guard problems.isEmpty else {
            throw SettingsError(problems: problems)
        }
        return settings
    }

    private static func unknownVariables(in environment: [String: String]) -> [SettingsProblem] {
        let known = Set(SettingKey.allCases.map(\.environmentName)).union(SettingKey.otherEnvironmentNames)
        return environment.keys.filter { $0.hasPrefix("BUCKETD_") && !known.contains($0) }.sorted().map { name in
            SettingsProblem(key: name, reason: "There is no such setting.")
        }
    }
}
