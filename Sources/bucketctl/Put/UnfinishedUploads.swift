import CLinux
import Digests
import Glibc
import SystemPackage

/// Remembers uploads that are under way, so that the next run of the program goes on with those that a kill left.
struct UnfinishedUploads: Sendable {
    private let folder: FilePath

    /// Nil for a user without a home; then uploads survive a lost connection all the same.
    init?(environment: [String: String]) {
        guard let state = UserFolders(environment).state else { return nil }
        folder = state.appending("bucketctl")
    }

    /// The record of one upload, which nobody else has until it is released; nil if somebody does, or it cannot be kept.
    func record(
        of name: String,
        on server: ServerAddress,
        identity: SourceIdentity,
        isNew: Bool
    ) -> UnfinishedUpload? {
        makeFolder()
        var digest = StreamingDigest(.sha256)
        digest.update(Array("\(server)\0\(name)".utf8)[...])
        let path = folder.appending("\(digest.finalize().hex).json")
        let key = UnfinishedUpload.Key(server: "\(server)", name: name, source: identity, isNew: isNew)
        for _ in 0..<10 {
            guard
                let file = try? FileDescriptor.open(
                    path,
                    .readWrite,
                    options: [.create, .closeOnExec, .noFollow],
                    permissions: .ownerReadWrite
                )
            else { return nil }
            guard clinux_lock(file.rawValue) == 0 else {
                // Nothing was written: nothing is lost with an error here.
                try? file.close()
                return nil
            }
            // Whoever had it before may have removed it meanwhile.
            var status = stat()
            guard fstat(file.rawValue, &status) == 0, status.st_nlink > 0 else {
                try? file.close()
                continue
            }
            return UnfinishedUpload(file, path, key)
        }
        return nil
    }

    /// Where that fails, opening a record tells.
    private func makeFolder() {
        var made = FilePath("/")
        for component in folder.components {
            made.append(component)
            mkdir(made.string, 0o700)
        }
    }
}
