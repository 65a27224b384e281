/// A directory of the server.
enum FileTree {
    /// All files in it and below it; throws `.refused(404)` if there are none.
    static func files(below path: String, on server: Server) async throws(ClientError) -> [FileEntry] {
        let prefix = prefix(of: path)
        var files: [FileEntry] = []
        var pages = FileListing(server: server, prefix: prefix).makeAsyncIterator()
        while let page = try await pages.next() {
            files += page
        }
        guard !files.isEmpty else {
            throw ClientError(.refused(404), "There is no file below \(prefix.isEmpty ? "the bucket" : prefix).")
        }
        return files
    }

    /// With one slash at its end; empty for the bucket itself.
    static func prefix(of path: String) -> String {
        let components = path.split(separator: "/")
        return components.map { $0 + "/" }.joined()
    }

    /// What the directory that it is in puts before its name.
    static func prefix(above path: String) -> String {
        path.split(separator: "/").dropLast().map { $0 + "/" }.joined()
    }
}
