import SystemPackage

/// Where the server is and what is shown to it.
struct ClientSettings: Sendable {
    var server: ServerAddress
    var token: String?
    /// Certificates of authorities; nil: the system's.
    var authorities: FilePath?

    private static let variables = [
        "BUCKETCTL_SERVER", "BUCKETCTL_TOKEN", "BUCKETCTL_TOKEN_FILE", "BUCKETCTL_CA_FILE",
        "BUCKETCTL_TICKET",
    ]

    /// Flags win over the environment, that over the file.
    ///
    /// A token of the file is for the server of the file: no other is shown it. Throws `.settings`.
    init(
        server: String?,
        tokenFile: String?,
        caFile: String?,
        environment: [String: String]
    ) throws(ClientError) {
        if let unknown = environment.keys.filter({ $0.hasPrefix("BUCKETCTL_") }).sorted().first(where: {
            !Self.variables.contains($0)
        }) {
            let known = Self.variables.joined(separator: ", ")
            throw ClientError(.settings, "There is no setting \(VisibleText(unknown)); there are \(known).")
        }
        func variable(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let file = try ClientSettingsFile.find(environment).map(ClientSettingsFile.init)
        let configured = try file?.server.map(ServerAddress.init)
        let chosen = try (server ?? variable("BUCKETCTL_SERVER")).map(ServerAddress.init)
        self.server = chosen ?? configured ?? .standard
        authorities = (caFile ?? variable("BUCKETCTL_CA_FILE")).map { FilePath($0) } ?? file?.authorities
        if let tokenFile {
            token = try TokenText.read(FilePath(tokenFile))
        } else if let text = variable("BUCKETCTL_TOKEN") {
            token = try TokenText.check(text, "BUCKETCTL_TOKEN")
        } else if let path = variable("BUCKETCTL_TOKEN_FILE") {
            token = try TokenText.read(FilePath(path))
        } else if let file, configured == self.server {
            token = try file.readToken()
        }
    }
}

extension ClientSettingsFile {
    fileprivate func readToken() throws(ClientError) -> String? {
        if let token { return try TokenText.check(token, "\(path): token") }
        if let tokenFile { return try TokenText.read(tokenFile) }
        return nil
    }
}
