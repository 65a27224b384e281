import SystemPackage

/// Where a server is: a URL, to which paths are added, or a Unix socket.
struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    /// Without a slash at the end.
    let base: String
    let unixSocket: FilePath?

    static let standard = Self(base: "http://127.0.0.1:8080", unixSocket: nil)

    private init(base: String, unixSocket: FilePath?) {
        self.base = base
        self.unixSocket = unixSocket
    }

    /// Throws `.settings` for what is no address.
    init(_ text: String) throws(ClientError) {
        if text.hasPrefix("unix:") {
            let path = text.dropFirst("unix:".count)
            guard path.hasPrefix("/"), !path.utf8.contains(0) else {
                throw Self.problem(text, "its path begins with /")
            }
            self.init(base: "http://localhost", unixSocket: FilePath(String(path)))
            return
        }
        let lowercased = text.lowercased()
        guard let scheme = ["http://", "https://"].first(where: lowercased.hasPrefix) else {
            throw Self.problem(text, "it begins with http://, https:// or unix:/")
        }
        guard text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), !text.contains(where: "?#\"<>\\^`{|}".contains)
        else {
            throw Self.problem(text, "it has a host, maybe a port and a path, and nothing else")
        }
        var rest = text.dropFirst(scheme.count)
        while rest.hasSuffix("/") { rest.removeLast() }
        let authority = rest.prefix { $0 != "/" }
        guard !authority.isEmpty, !authority.hasPrefix(":") else { throw Self.problem(text, "it names a host") }
        guard !authority.contains("@") else {
            throw ClientError(.settings, "A server's URL has no user or password: give a token by --token-file.")
        }
        self.init(base: scheme + String(rest), unixSocket: nil)
    }

    var description: String { unixSocket.map { "unix:\($0)" } ?? base }

    /// The URL of what an answer names, absolute or not; only of its path is made use of, so that nothing that we send goes
    /// to another server.
    func url(of reference: String, below resource: String) -> String? {
        if reference.hasPrefix("\(base)/\(resource)/") { return reference }
        return reference.firstRange(of: "/\(resource)/").map { base + reference[$0.lowerBound...] }
    }

    private static func problem(_ text: String, _ reason: String) -> ClientError {
        ClientError(.settings, "“\(VisibleText(text))” is no address of a server: \(reason).")
    }
}
