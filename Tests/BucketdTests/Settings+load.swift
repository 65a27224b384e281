import Configuration
import SystemPackage

@testable import bucketd

extension Settings {
    /// As `LoadedSettings`, without what they were made of.
    static func load(
        flags: [SettingKey: ConfigContent],
        environment: [String: String],
        file: FilePath?
    ) throws(SettingsError) -> Settings {
        try LoadedSettings(flags: SettingsFlags(contents: flags), environment: environment, file: file).settings
    }
}
