import Glibc
import SystemPackage
import Yams

/// The user's file: `server`, `token` or `tokenFile`, `caFile`.
struct ClientSettingsFile {
    let path: FilePath
    private var values: [String: String] = [:]

    private static let keys = ["server", "token", "tokenFile", "caFile"]
    private static let limit = 64 << 10

    var server: String? { values["server"] }
    var token: String? { values["token"] }
    var tokenFile: FilePath? { values["tokenFile"].map(resolved) }
    var authorities: FilePath? { values["caFile"].map(resolved) }

    /// `bucketctl` in the user's folder of settings, or `config.yaml` in it; nil if there is none.
    static func find(_ environment: [String: String]) -> FilePath? {
        guard let folder = UserFolders(environment).settings else { return nil }
        let path = folder.appending("bucketctl")
        var status = stat()
        guard stat(path.string, &status) == 0 else { return nil }
        guard status.st_mode & S_IFMT == S_IFDIR else { return path }
        let inner = path.appending("config.yaml")
        return stat(inner.string, &status) == 0 ? inner : nil
    }

    /// Throws `.settings` with what is wrong, and where.
    init(_ path: FilePath) throws(ClientError) {
        self.path = path
        let file = try PrivateFile(path, limit: Self.limit)
        try read(file.text)
        if token != nil, file.mode & 0o077 != 0 {
            throw ClientError(.settings, "\(path): others may read the token: chmod 600 \(path)")
        }
        if token != nil, tokenFile != nil { throw problem("token and tokenFile cannot both be there") }
        if token != nil || tokenFile != nil, server == nil {
            throw problem("\(token == nil ? "tokenFile" : "token") needs server beside it: no other is shown the token")
        }
    }

    private mutating func read(_ text: String) throws(ClientError) {
        let root: Node?
        do {
            root = try compose(yaml: text)
        } catch {
            throw problem("it is not YAML, or has a key twice", cause: error)
        }
        guard let root else { return }
        guard case .mapping(let mapping) = root else { throw problem("it is no mapping of keys to values") }
        for (key, value) in mapping {
            let line = key.mark.map { "line \($0.line): " } ?? ""
            guard let name = key.string, Self.keys.contains(name) else {
                let known = Self.keys.joined(separator: ", ")
                throw problem("\(line)there is no key \(VisibleText(key.string ?? "such")); there are \(known)")
            }
            guard case .scalar(let scalar) = value, !scalar.string.isEmpty else {
                throw problem("\(line)\(name) takes a text")
            }
            values[name] = scalar.string
        }
    }

    private func resolved(_ text: String) -> FilePath { path.removingLastComponent().pushing(FilePath(text)) }

    private func problem(_ reason: String, cause: (any Error)? = nil) -> ClientError {
        ClientError(.settings, "\(path): \(reason).", cause: cause)
    }
}
