/// A directory of the server.
enum FileTree {
    /// Calls `body` for each file in it and below it, a page of the listing at a time.
    ///
    /// Throws `.refused(404)` if there are none, `.unexpected` for a page with a file that is elsewhere.
    static func forEachFile(
        below path: String,
        on server: Server,
        _ body: (FileEntry) async throws(ClientError) -> Void
    ) async throws(ClientError) {
        let prefix = prefix(of: path)
        var isEmpty = true
        var pages = FileListing(server: server, prefix: prefix).makeAsyncIterator()
        while let page = try await pages.next() {
            guard page.allSatisfy({ $0.filename.utf8.starts(with: prefix.utf8) }) else {
                throw ClientError(.unexpected, "The server lists files that were not asked for.")
            }
            isEmpty = isEmpty && page.isEmpty
            for entry in page { try await body(entry) }
        }
        guard !isEmpty else {
            throw ClientError(.refused(404), "There is no file below \(prefix.isEmpty ? "the bucket" : prefix).")
        }
    }

    /// With one slash at its end; empty for the bucket itself.
    static func prefix(of path: String) -> String {
        path.slashSeparated().map { $0 + "/" }.joined()
    }

    /// What the directory that it is in puts before its name.
    static func prefix(above path: String) -> String {
        path.slashSeparated().dropLast().map { $0 + "/" }.joined()
    }
}
