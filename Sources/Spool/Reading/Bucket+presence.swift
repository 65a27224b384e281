package import Ingest
import SystemPackage
import Threading

extension Bucket {
    package func present(_ files: [FileRecord]) async throws -> [FilePresence] {
        let identities = try await threads.names.run { [tree, calls] () throws(IngestError) in
            try Self.identities(at: files.map(\.path), tree, calls)
        }
        let presences = zip(files, identities).map { $0.presence(as: $1) }
        for (file, identity) in zip(files, identities) where identity?.isSameFile(as: file.identity) == false {
            if file.presence(as: identity) == .changedOutside {
                renewIfCopied(file)
            }
        }
        try await settleAbsences(of: zip(files, presences).filter { $1 == .gone }.map(\.0))
        return presences
    }

    /// As `settleAbsence`, for many rows in one transaction.
    ///
    /// The names are not locked during the commit: an upload of such a name must not meet a lock, and take the next name.
    /// What is published there meanwhile is another row, which the transaction does not touch.
    func settleAbsences(of files: [FileRecord]) async throws {
        var gone: [FileID] = []
        for file in files where locks.tryLock(file.path) {
            defer { locks.unlock(CollectionOfOne(file.path)) }
            guard let current = try await unsettled(file) else { continue }
            if current.presence(as: try await identity(at: current.path)) == .gone {
                gone.append(current.id)
            }
        }
        if !gone.isEmpty {
            try await markGone(gone)
        }
    }

    package func present(_ files: [ForeignFile]) async throws -> [ForeignFile] {
        guard !files.isEmpty else { return [] }
        let identities = try await threads.names.run { [tree, calls] () throws(IngestError) in
            try Self.identities(at: files.map(\.path), tree, calls)
        }
        return zip(files, identities).compactMap { file, identity in
            identity.map { identity in
                let modifiedAt = Timestamp(milliseconds: identity.modificationTime / 1_000_000)
                return ForeignFile(path: file.path, size: identity.size, modifiedAt: modifiedAt)
            }
        }
    }

    /// Decides, with the name locked, about a row whose file seems to be gone from its name.
    ///
    /// Returns the row as it stands, nil if it is gone; then it is marked so. A name that is locked is left to whoever
    /// acts on it: a reader must not wait for a publication's syncs.
    func settleAbsence(of file: FileRecord) async throws -> FileRecord? {
        guard locks.tryLock(file.path) else { return file }
        defer { locks.unlock(CollectionOfOne(file.path)) }
        guard let current = try await unsettled(file) else { return nil }
        guard current.presence(as: try await identity(at: current.path)) == .gone else { return current }
        try await markGone([current.id])
        return nil
    }

    /// The row as it is now, if it still has this name; the caller, who has locked it, may have an old one.
    ///
    /// A `publishing` row whose name nobody else has locked is published: its confirmation is on its way.
    func unsettled(_ file: FileRecord) async throws -> FileRecord? {
        guard health.reason == nil, let current = try await ledger.file(file.id), current.path == file.path,
            current.state == .published || current.state == .corrupt || current.state == .publishing
        else { return nil }
        return current
    }

    func identity(at path: BucketPath) async throws(IngestError) -> FileIdentity? {
        try await threads.names.run { [tree, calls] () throws(IngestError) in
            try Self.identities(at: [path], tree, calls)[0]
        }
    }

    /// What has each name now; nil where there is no regular file.
    static func identities(
        at paths: [BucketPath],
        _ tree: BucketTree,
        _ calls: any FileCalls
    ) throws(IngestError) -> [FileIdentity?] {
        var directories: [BucketPath?: DirectoryHandle?] = [:]
        var identities: [FileIdentity?] = []
        for path in paths {
            let directory: DirectoryHandle?
            if let known = directories[path.directory] {
                directory = known
            } else {
                directory = try existingDirectory(of: path, tree)
                directories[path.directory] = .some(directory)
            }
            guard let directory else {
                identities.append(nil)
                continue
            }
            identities.append(try identity(of: FilePath(bytes: path.lastComponent), in: directory, calls))
        }
        return identities
    }

    private static func existingDirectory(of path: BucketPath, _ tree: BucketTree) throws(IngestError)
        -> DirectoryHandle?
    {
        do throws(IngestError) {
            return try tree.directory(of: path)
        } catch  where error.code == .nameTaken || error.cause == .permissionDenied {
            // A directory that others closed to us holds nothing that we could serve.
            return nil
        }
    }

    private static func identity(
        of name: FilePath,
        in directory: DirectoryHandle,
        _ calls: any FileCalls
    ) throws(IngestError) -> FileIdentity? {
        do throws(Errno) {
            let status = try calls.status(of: name, in: directory.descriptor)
            return status.isRegularFile ? status.identity : nil
        } catch  where error == .noSuchFileOrDirectory || error == .permissionDenied {
            return nil
        } catch {
            throw .storage("The file cannot be looked up.", error)
        }
    }
}

extension FileRecord {
    /// How the generation stands, given what has its name now.
    func presence(as found: FileIdentity?) -> FilePresence {
        guard let found else { return .gone }
        if found == identity {
            return .untouched
        }
        return found.isSameOrCopy(of: identity) ? .changedOutside : .gone
    }
}
