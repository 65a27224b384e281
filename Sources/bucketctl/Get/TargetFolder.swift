import CLinux
import Glibc
import SystemPackage

/// A folder that files are put into, whatever the names are that a server tells: none leads out of it.
final class TargetFolder: Sendable {
    private let descriptor: FileDescriptor

    /// Throws `.local` if it cannot be opened.
    init(_ path: FilePath) throws(ClientError) {
        do {
            descriptor = try FileDescriptor.open(
                path.isEmpty ? "." : path,
                .readOnly,
                options: [.directory, .closeOnExec]
            )
        } catch {
            throw ClientError(.local, "\(path): \(error)", cause: error)
        }
    }

    private init(_ descriptor: FileDescriptor) {
        self.descriptor = descriptor
    }

    deinit {
        // A directory that was only read: nothing is lost with an error here.
        try? descriptor.close()
    }

    /// The components of a name that a server tells; throws `.local` for one that could lead elsewhere.
    ///
    /// One that begins with a dot is refused too: a bucketd shows none, and programs of this machine obey such files.
    static func components(of name: String) throws(ClientError) -> [String] {
        let components = name.slashSeparated(omittingEmpty: false)
        guard components.allSatisfy({ !$0.isEmpty && !$0.utf8.contains(0) }) else {
            throw ClientError(.local, "The server's name for it is no path below the folder.")
        }
        guard components.allSatisfy({ $0.utf8.first != UInt8(ascii: ".") }) else {
            throw ClientError(.local, "A part of its name begins with a dot.")
        }
        return components
    }

    /// The folder within this one, which is made if it is not there; symbolic links are not followed.
    func folder(_ components: some Sequence<String>) throws(ClientError) -> TargetFolder {
        var folder = self
        for component in components {
            guard mkdirat(folder.descriptor.rawValue, component, 0o777) == 0 || errno == EEXIST else {
                throw Self.failure(component)
            }
            let inner = clinux_open_at(folder.descriptor.rawValue, component, O_RDONLY | O_DIRECTORY, 0)
            guard inner >= 0 else { throw Self.failure(component) }
            folder = TargetFolder(FileDescriptor(rawValue: inner))
        }
        return folder
    }

    func holds(_ name: String) -> Bool {
        var status = stat()
        return fstatat(descriptor.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0
    }

    /// Has `body` fill a new file, which gets its name only once that has succeeded and all is on the disk.
    ///
    /// Throws `.local` if the name is taken, unless it `replaces`.
    func make(
        _ name: String,
        replaces: Bool,
        _ body: (FileDescriptor) async throws(ClientError) -> Void
    ) async throws(ClientError) {
        guard replaces || !holds(name) else { throw Self.isTaken }
        let temporary = ".bucketctl-\(String(UInt64.random(in: .min ... .max), radix: 16)).part"
        let opened = clinux_open_at(descriptor.rawValue, temporary, O_CREAT | O_EXCL | O_WRONLY, 0o666)
        guard opened >= 0 else { throw Self.failure(name) }
        let file = FileDescriptor(rawValue: opened)
        do throws(ClientError) {
            let outcome: Result<Void, ClientError>
            do throws(ClientError) {
                try await body(file)
                guard fsync(opened) == 0 else { throw Self.failure(name) }
                outcome = .success(())
            } catch {
                outcome = .failure(error)
            }
            guard Glibc.close(opened) == 0 || outcome.isFailure else { throw Self.failure(name) }
            try outcome.get()
            try publish(temporary, as: name, replaces: replaces)
        } catch {
            unlinkat(descriptor.rawValue, temporary, 0)
            throw error
        }
    }

    private func publish(_ temporary: String, as name: String, replaces: Bool) throws(ClientError) {
        let folder = descriptor.rawValue
        guard !replaces else {
            guard renameat(folder, temporary, folder, name) == 0 else { throw Self.failure(name) }
            return
        }
        if clinux_rename_noreplace(folder, temporary, folder, name) == 0 { return }
        // Some filesystems have no such rename.
        if errno == EINVAL || errno == ENOSYS, linkat(folder, temporary, folder, name, 0) == 0 {
            unlinkat(folder, temporary, 0)
            return
        }
        throw errno == EEXIST ? Self.isTaken : Self.failure(name)
    }

    private static var isTaken: ClientError {
        ClientError(.local, "There is such a file already: --force replaces it.")
    }

    private static func failure(_ name: String) -> ClientError {
        let cause = Errno(rawValue: errno)
        return ClientError(.local, "\(name): \(cause)", cause: cause)
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
