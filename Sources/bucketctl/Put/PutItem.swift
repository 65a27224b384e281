import SystemPackage

/// One file to upload, and the name it is to get.
struct PutItem: Sendable {
    enum Source: Sendable {
        /// The user named it, so that a symbolic link is followed.
        case file(FilePath)
        /// One below a folder that the user named, by its path there.
        case inner(FilePath, of: SourceFolder)
        case standardInput

        var description: String {
            switch self {
            case .file(let path): path.string
            case .inner(let path, let folder): folder.path.appending(path.components).string
            case .standardInput: "standard input"
            }
        }
    }

    var source: Source
    /// The path in the bucket.
    var name: String
    /// Bytes when it was found; nil: not known.
    var size: Int64?
}
