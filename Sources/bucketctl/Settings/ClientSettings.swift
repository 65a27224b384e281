import SystemPackage

/// Where the server is and what is shown to it.
struct ClientSettings: Sendable {
    var server: ServerAddress
    var token: String?
    /// Certificates of authorities; nil: the system's.
    var authorities: FilePath?

    private static let variables = [
        "BUCKETCTL_SERVER", "BUCKETCTL_TOKEN", "BUCKETCTL_TOKEN_FILE", "BUCKETCTL_CA_FILE",
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
        } else if let file, configured == nil || configured == self.server {
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

/// The text of a token, without the blanks and line ends around it.
enum TokenText {
    private static let limit = 4096

    static func check(_ text: String, _ origin: String) throws(ClientError) -> String {
        let token = text.trimmingBlanks()
        guard !token.isEmpty, token.utf8.count <= limit, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ClientError(.settings, "\(origin): it is no token: those are of visible ASCII characters.")
        }
        return token
    }

    static func read(_ path: FilePath) throws(ClientError) -> String {
        let file = try PrivateFile(path, limit: limit)
        guard file.mode & 0o007 == 0 else {
            throw ClientError(.settings, "\(path): everybody may read the token: chmod o= \(path)")
        }
        return try check(file.text, "\(path)")
    }
}

extension String {
    func trimmingBlanks() -> String {
        let isBlank: (Unicode.Scalar) -> Bool = { $0 == " " || $0 == "\n" || $0 == "\r" || $0 == "\t" }
        var scalars = unicodeScalars[...]
        while let first = scalars.first, isBlank(first) { scalars.removeFirst() }
        while let last = scalars.last, isBlank(last) { scalars.removeLast() }
        return String(scalars)
    }
}
