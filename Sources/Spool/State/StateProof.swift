import Ingest
import Logging
import SystemPackage

/// Tries, before anything is listened for, what publication will do.
///
/// Equal device numbers prove nothing: bind mounts, subvolumes and two writable paths of a service manager share one and
/// still refuse the rename.
struct StateProof {
    let options: SpoolOptions
    let calls: any FileCalls
    let bucket: FileDescriptor
    let spool: FileDescriptor
    let logger: Logger

    struct Result {
        var group: UInt32?
        var renamesExclusively: Bool
        var keepsAttributes: Bool
    }

    /// Hidden, so that no client sees it, and the daemon's fixed, so that one left by a crash is found.
    let probe: FilePath

    func run() throws(StateDirectoryError) -> Result {
        do throws(Errno) {
            try removeLeftover(in: bucket)
            try removeLeftover(in: spool)
            let file = OwnedDescriptor(try calls.open(probe, in: spool, .create), calls)
            let group = try provenGroup(file.raw)
            let keepsAttributes = try attributesWork(file.raw)
            let renamesExclusively = try renameWorks()
            try calls.unlink(probe, in: bucket)
            try calls.syncDirectory(bucket)
            try calls.syncDirectory(spool)
            return Result(group: group, renamesExclusively: renamesExclusively, keepsAttributes: keepsAttributes)
        } catch .improperLink {
            try? calls.unlink(probe, in: spool)
            throw StateDirectoryError(
                .differentMounts,
                "Files cannot be renamed from \(options.state) to \(options.bucket): both must be on one mount, so not "
                    + "in two bind mounts, subvolumes or ReadWritePaths of a unit.",
                cause: .improperLink
            )
        } catch .fileExists {
            throw StateDirectoryError(.unusable, "\(probe) is in the way; remove it.", cause: .fileExists)
        } catch .notPermitted where options.group != nil {
            try? calls.unlink(probe, in: spool)
            throw StateDirectoryError(
                .unusable,
                "Files cannot be given the group that is configured: the daemon is no member of it.",
                cause: .notPermitted
            )
        } catch {
            try? calls.unlink(probe, in: spool)
            throw StateDirectoryError(
                .unusable,
                "A file cannot be published from \(options.state) to \(options.bucket).",
                cause: error
            )
        }
    }

    private func removeLeftover(in directory: FileDescriptor) throws(Errno) {
        do throws(Errno) {
            let found = try calls.status(of: probe, in: directory)
            guard found.isRegularFile, found.identity.size == 0 else { throw .fileExists }
            try calls.unlink(probe, in: directory)
        } catch .noSuchFileOrDirectory {
            return
        }
    }

    private func provenGroup(_ file: FileDescriptor) throws(Errno) -> UInt32? {
        let bucketGroup = try calls.status(of: bucket).group
        let group = options.group ?? bucketGroup
        do throws(Errno) {
            try calls.setGroup(file, group)
            return group
        } catch .notPermitted where options.group == nil {
            logger.warning(
                "published files keep the daemon's group: it is no member of the bucket directory's",
                metadata: ["files.group": "\(group)"]
            )
            return nil
        }
    }

    private func attributesWork(_ file: FileDescriptor) throws(Errno) -> Bool {
        do throws(Errno) {
            try calls.setAttribute(Sealing.checksumAttribute, of: file, to: [0])
            return true
        } catch .notSupported {
            logger.warning("the filesystem keeps no extended attributes: checksums are in the ledger only")
            return false
        }
    }

    private func renameWorks() throws(Errno) -> Bool {
        do throws(Errno) {
            try calls.renameExclusively(probe, in: spool, to: probe, in: bucket)
            return true
        } catch  where error == .invalidArgument || error == .noFunction {
            try calls.link(probe, in: spool, to: probe, in: bucket)
            try calls.unlink(probe, in: spool)
            logger.warning("the filesystem lacks RENAME_NOREPLACE: watchers will see IN_CREATE instead of IN_MOVED_TO")
            return false
        }
    }
}
