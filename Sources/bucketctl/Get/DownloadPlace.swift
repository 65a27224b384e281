import Glibc
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
        if output.hasSuffix("/") || FileKind(path)?.isDirectory == true {
            try Self.makeFolder(path)
            folder = try TargetFolder(path)
            name = nil
            return
        }
        guard isForOneFile, let last = path.lastComponent, last.kind == .regular else {
            throw ClientError(.usage, "Several files go into a folder: -o \(VisibleText(output))/")
        }
        folder = try TargetFolder(path.removingLastComponent())
        name = last.string
    }

    /// Makes what is missing of the user's own path, in which symbolic links are meant.
    private static func makeFolder(_ path: FilePath) throws(ClientError) {
        var made = FilePath(root: path.root, [])
        for component in path.components {
            made.append(component)
            guard made.withPlatformString({ mkdir($0, 0o777) }) != 0 else { continue }
            let cause = Errno(rawValue: errno)
            // Not every filesystem says EEXIST of a directory where none could be made.
            guard FileKind(made)?.isDirectory == true else {
                throw ClientError(.local, "\(made): \(cause)", cause: cause)
            }
        }
    }
}
