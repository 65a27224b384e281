import Configuration

/// Values from one place.
struct SettingsSource {
    let snapshot: any ConfigSnapshot
    /// Where a value of it is to be mended.
    let origin: (SettingKey) -> SettingsProblem.Origin?

    /// Values by their keys, with texts and lists of texts as their contents.
    init(
        _ name: String,
        _ contents: [SettingKey: ConfigContent],
        origin: @escaping (SettingKey) -> SettingsProblem.Origin?
    ) {
        let values = contents.map { ($0.key.configKey, ConfigValue($0.value, isSecret: false)) }
        self.init(
            InMemoryProvider(name: name, values: Dictionary(uniqueKeysWithValues: values)).snapshot(),
            origin: origin
        )
    }

    init(_ snapshot: any ConfigSnapshot, origin: @escaping (SettingKey) -> SettingsProblem.Origin?) {
        self.snapshot = snapshot
        self.origin = origin
    }

    /// Variables of the environment that begin with `BUCKETD_`.
    init(environment: [String: String]) {
        self.init(
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "bucketd").snapshot(),
            origin: { .variable($0.environmentName) }
        )
    }
}
