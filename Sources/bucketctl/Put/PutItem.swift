import SystemPackage

/// One file to upload, and the name it is to get.
struct PutItem: Sendable {
    enum Source: Hashable, Sendable {
        /// `isNamed` if the user named it, so that a symbolic link is followed.
        case file(FilePath, isNamed: Bool)
        case standardInput

        var description: String {
            switch self {
            case .file(let path, _): path.string
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
