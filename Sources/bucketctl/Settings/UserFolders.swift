import SystemPackage

/// Where programs keep what is a user's (XDG Base Directory Specification); nil without a home.
struct UserFolders {
    let settings: FilePath?
    let state: FilePath?

    init(_ environment: [String: String]) {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? FilePath($0) : nil }
        func folder(_ variable: String, _ standard: String) -> FilePath? {
            // The specification has relative paths ignored.
            if let text = environment[variable], text.hasPrefix("/") { return FilePath(text) }
            return home?.appending(FilePath(standard).components)
        }
        settings = folder("XDG_CONFIG_HOME", ".config")
        state = folder("XDG_STATE_HOME", ".local/state")
    }
}
