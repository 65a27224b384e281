extension Settings {
    /// After the addresses were read.
    mutating func readAccess(_ reader: inout SettingsReader) {
        if let flag = reader.flag(.allowAnonymous) { allowAnonymous = flag }
        tokensFile = reader.value(.tokensFile, expected: "a path", parse: Self.path)
        if allowAnonymous, tokensFile != nil {
            reader.reject(.allowAnonymous, "Where there are tokens nobody is anonymous: leave one of the two out.")
        }
        if !allowAnonymous, tokensFile == nil, listen.contains(where: { !$0.isLocal }) {
            reader.reject(
                .listen,
                "Anybody on the network could upload and delete: set auth.tokensFile, listen on loopback, or say "
                    + "--allow-anonymous."
            )
        }
    }
}
