import SystemPackage

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
        try check(secret(in: path, "token"), "\(path)")
    }

    /// What a file holds, or standard input if nil, without the blanks around it.
    static func secret(in path: FilePath?, _ name: String) throws(ClientError) -> String {
        let file = try PrivateFile(path, limit: limit)
        guard file.mode & 0o007 == 0 else {
            let path = path ?? "standard input"
            throw ClientError(.settings, "\(path): everybody may read the \(name): chmod o= \(path)")
        }
        return file.text.trimmingBlanks()
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
