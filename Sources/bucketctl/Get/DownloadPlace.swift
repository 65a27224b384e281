import SystemPackage

/// Where downloads go.
struct DownloadPlace: Sendable {
    let folder: TargetFolder
    /// Nil: files keep their names.
    let name: String?

    /// Throws `.usage` for several files that would get one name, `.local` for a folder that cannot be made.
    init(_ output: String?, isForOneFile: Bool) throws(ClientError) {
        guard let output, !output.isEmpty else {
            (folder, name) = (try TargetFolder("."), nil)
            return
        }
        let path = FilePath(output)
        if output.hasSuffix("/") || FileKind(path, followingLinks: true)?.isDirectory == true {
            let start = try TargetFolder(path.isAbsolute ? "/" : ".")
            // The user's own path: whatever leads there is meant.
            if let folder = try? TargetFolder(path) {
                self.folder = folder
            } else {
                folder = try start.folder(path.components.map(\.string))
            }
            name = nil
            return
        }
        guard isForOneFile, let last = path.lastComponent else {
            throw ClientError(.usage, "Several files go into a folder: -o \(VisibleText(output))/")
        }
        folder = try TargetFolder(path.removingLastComponent())
        name = last.string
    }
}
