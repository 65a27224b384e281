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
        try LoadedSettings(flags: SettingsFlags(contents: flags), environment: environment, file: file).settings
    }
}
