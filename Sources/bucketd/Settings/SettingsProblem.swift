/// One thing that is wrong with the settings.
struct SettingsProblem: Equatable, CustomStringConvertible {
    /// The dotted key, `limits.maxUploadSize` for instance; a flag or variable where that is what is wrong.
    var key: String
    /// One sentence.
    var reason: String

    var description: String { "\(key): \(reason)" }
}

/// All that is wrong with the settings, so that an operator mends it in one go.
struct SettingsError: Error, CustomStringConvertible {
    var problems: [SettingsProblem]

    var description: String { problems.map(\.description).joined(separator: "\n") }
}
