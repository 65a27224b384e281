/// Something of the daemon that takes new settings over while it runs.
///
/// Also what only names a file is prepared at each reload: the file may be another though the settings are the same.
struct ReloadablePart: Sendable {
    /// Makes all that may change while it reads and checks, and throws `SettingsError` where it cannot.
    ///
    /// What it returns puts that in place; it is called after every part was prepared, from any thread, and neither fails
    /// nor waits.
    let prepare: @Sendable (Settings) async throws -> @Sendable () -> Void
}
