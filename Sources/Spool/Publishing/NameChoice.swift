import Ingest
import SystemPackage
import Threading

/// Chooses the names of a publication, each locked from now on, by what is on disk.
struct NameChoice: Sendable {
    let tree: BucketTree
    let calls: any FileCalls
    let ledger: any FileLedger
    let lease: NameLease
    let hints: NameHints
    let threads: BlockingThreads

    /// What the disk says of one file's name.
    private enum Finding: Sendable {
        case chosen(BucketPath)
        case occupied(FileStatus)
    }

    func choose(_ uploads: [Publishable]) async throws -> [Placement] {
        try await lease.lock(Set(uploads.filter(Self.isExplicit).map(\.destination.path)))
        let findings = try await threads.run { () throws(IngestError) in try look(uploads) }
        var placements: [Placement] = []
        for (publishable, finding) in zip(uploads, findings) {
            switch finding {
            case .chosen(let path):
                placements.append(Placement(publishable: publishable, path: path))
            case .occupied(let status):
                placements.append(try await settle(publishable, status))
            }
        }
        return placements
    }

    /// Another name for a file whose name was taken after all; none of `assigned`, which the publication's others have.
    func next(for path: BucketPath, assigned: Set<BucketPath>) async throws(IngestError) -> BucketPath {
        try await threads.run { () throws(IngestError) in try alternative(of: path, assigned: assigned) }
    }

    /// Whether exactly this name is wanted, so that its lock is waited for.
    private static func isExplicit(_ publishable: Publishable) -> Bool {
        publishable.destination.collision != .rename || publishable.destination.precondition != .none
    }

    private func look(_ uploads: [Publishable]) throws(IngestError) -> [Finding] {
        var assigned: Set<BucketPath> = []
        var findings: [Finding] = []
        for publishable in uploads {
            let destination = publishable.destination
            let finding: Finding
            if Self.isExplicit(publishable) {
                finding = try lookExactly(publishable, assigned)
            } else if try isFree(destination.path, assigned) {
                hints.remember(nil, for: destination.path)
                finding = .chosen(destination.path)
            } else {
                finding = .chosen(try alternative(of: destination.path, assigned: assigned))
            }
            if case .chosen(let path) = finding {
                assigned.insert(path)
            } else {
                assigned.insert(destination.path)
            }
            findings.append(finding)
        }
        return findings
    }

    private func lookExactly(_ publishable: Publishable, _ assigned: Set<BucketPath>) throws(IngestError) -> Finding {
        let path = publishable.destination.path
        let placement = Placement(publishable: publishable, path: path)
        guard !assigned.contains(path) else {
            throw IngestError(.nameTaken, "Two files of the request have the same name.")
        }
        if let status = try status(of: path) {
            return .occupied(status)
        }
        switch publishable.destination.precondition {
        case .none, .absent: return .chosen(path)
        case .exists, .digest: throw placement.refusal
        }
    }

    /// Decides what becomes of a file whose very name holds something.
    private func settle(_ publishable: Publishable, _ status: FileStatus) async throws -> Placement {
        let destination = publishable.destination
        var placement = Placement(publishable: publishable, path: destination.path)
        if destination.precondition == .absent {
            throw placement.refusal
        }
        if status.isDirectory {
            throw IngestError(.isDirectory, "The name is a directory's.")
        }
        guard destination.collision == .replace else { throw IngestError(.nameTaken, "The name is taken.") }
        // A link or a device holds the name like a foreign file does, and is no more followed than one is overwritten.
        guard status.isRegularFile, let record = try await ledger.file(at: destination.path), record.state != .deleting,
            record.identity == status.identity
        else { throw placement.refusal }
        if case .digest(let digests) = destination.precondition, !digests.contains(record.digest) {
            throw placement.refusal
        }
        placement.replaced = record
        return placement
    }

    private func alternative(of path: BucketPath, assigned: Set<BucketPath>) throws(IngestError) -> BucketPath {
        var found: Set<BucketPath> = []
        defer {
            for path in found {
                lease.unlock(path)
            }
        }
        let number = try AlternativeSearch.freeNumber(from: hints[path] ?? 1) { number throws(IngestError) in
            let candidate = path.alternative(number)
            guard try isFree(candidate, assigned) else { return false }
            found.insert(candidate)
            return true
        }
        hints.remember(number + 1, for: path)
        let chosen = path.alternative(number)
        found.remove(chosen)
        return chosen
    }

    /// Whether the name is free, on disk and among those being published; then it is locked.
    private func isFree(_ path: BucketPath, _ assigned: Set<BucketPath>) throws(IngestError) -> Bool {
        let isHeld = lease.holds(path)
        guard !assigned.contains(path), lease.tryLock(path) else { return false }
        guard try status(of: path) != nil else { return true }
        if !isHeld {
            lease.unlock(path)
        }
        return false
    }

    private func status(of path: BucketPath) throws(IngestError) -> FileStatus? {
        guard let directory = try tree.directory(of: path) else { return nil }
        do throws(Errno) {
            return try calls.status(of: FilePath(bytes: path.lastComponent), in: directory.descriptor)
        } catch .noSuchFileOrDirectory {
            return nil
        } catch {
            throw .storage("The name cannot be looked up.", error)
        }
    }
}
