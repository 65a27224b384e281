import Glibc
import Ingest
import SystemPackage

/// Which names files get in the bucket.
struct DestinationNames: Sendable {
    /// Empty, or with a slash at its end.
    private let directory: String
    /// The name of the only file there is.
    private let exact: String?

    /// `to` is a directory if it ends with a slash, else the name of a single file.
    ///
    /// Throws `.usage` where the two do not go together.
    init(to: String?, sources: [String], holdsFolders: Bool) throws(ClientError) {
        guard let to, !to.isEmpty, to != "/" else {
            guard !sources.contains("-") else {
                throw ClientError(.usage, "Standard input has no name: give it one by --to NAME.")
            }
            (directory, exact) = ("", nil)
            return
        }
        guard to.hasSuffix("/") else {
            guard sources.count == 1, !holdsFolders else {
                throw ClientError(.usage, "Several files go into a directory: --to \(VisibleText(to))/")
            }
            (directory, exact) = ("", to)
            return
        }
        guard !sources.contains("-") else {
            throw ClientError(.usage, "Standard input has no name: give it one by --to \(VisibleText(to))NAME.")
        }
        (directory, exact) = (to, nil)
    }

    /// Of a file that the user named.
    func name(of file: FilePath) throws(ClientError) -> String {
        if let exact { return try Self.checked(exact) }
        guard let last = file.lastComponent, last.kind == .regular else {
            throw ClientError(.local, "It is no file's name.")
        }
        return try Self.checked(directory + Self.text(last.bytes))
    }

    func nameOfStandardInput() throws(ClientError) -> String { try Self.checked(exact ?? "") }

    /// What all names begin with of the files in a folder that the user named: its own name, unless it is `.` or `..`.
    func prefix(ofFolder folder: FilePath) throws(ClientError) -> String {
        guard let last = folder.lastComponent, last.kind == .regular else { return directory }
        return directory + (try Self.text(last.bytes)) + "/"
    }

    /// Throws `.local` with the rule that the name breaks.
    static func checked(_ name: String) throws(ClientError) -> String {
        do {
            return try BucketPath(segments: name.slashSeparated(omittingEmpty: false)).description
        } catch {
            throw ClientError(.local, error.message, cause: error)
        }
    }

    static func text(_ name: [UInt8]) throws(ClientError) -> String {
        guard let text = String(validating: name, as: UTF8.self) else {
            throw ClientError(.local, "Its name is not UTF-8.")
        }
        return text
    }
}

extension FilePath.Component {
    var bytes: [UInt8] { withPlatformString { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) } }
}
