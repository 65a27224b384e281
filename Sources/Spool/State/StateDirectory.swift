import CLinux
import Glibc
package import Ingest
package import Logging
package import SystemPackage

/// Bucket and state: their descriptors, the locks that keep a second daemon away, and what their filesystem can do.
///
/// The locks are held for as long as this object lives.
package final class StateDirectory: Sendable {
    package let options: SpoolOptions
    package let calls: any FileCalls
    /// The bucket directory's descriptor.
    package let bucket: FileDescriptor
    package let state: FileDescriptor
    package let spool: FileDescriptor
    /// `<state>/tmp`: outputs of jobs until they get their names.
    package let temporary: FileDescriptor
    package let thumbnails: FileDescriptor
    /// Group of what appears in the bucket; nil where we may not set it.
    package let group: UInt32?
    /// False where publication must be link + unlink: watchers see `IN_CREATE`.
    package let renamesExclusively: Bool
    package let keepsAttributes: Bool

    /// Opens, locks and proves everything that publication needs, by doing it.
    ///
    /// Blocks; meant for the start. Warnings are logged, all else throws `StateDirectoryError`. With `besideDaemon` the
    /// locks are another's and left alone: nothing but the proof may be done then.
    package init(
        _ options: SpoolOptions,
        calls: any FileCalls = LinuxFileCalls(),
        besideDaemon: Bool = false,
        logger: Logger
    ) throws(StateDirectoryError) {
        self.options = options
        self.calls = calls
        var opening = StateOpening(calls: calls)
        do throws(StateDirectoryError) {
            bucket = try opening.existing(options.bucket, "bucket")
            if !besideDaemon {
                try opening.lock(bucket, "Another bucketd serves the bucket \(options.bucket).")
            }
            state = try opening.made(options.state, mode: options.stateMode)
            try opening.refuseNetworkFilesystem(state, options.state)
            if !besideDaemon {
                try opening.lock(state, "Another bucketd uses the state directory \(options.state).")
            }
            spool = try opening.made("spool", in: state, mode: options.stateMode)
            temporary = try opening.made("tmp", in: state, mode: options.stateMode)
            thumbnails = try opening.made("thumbnails", in: state, mode: options.stateMode)
            let proof = try StateProof(
                options: options,
                calls: calls,
                bucket: bucket,
                spool: spool,
                logger: logger,
                probe: besideDaemon ? FilePath(".bucketd-probe-\(getpid())") : ".bucketd-probe"
            ).run()
            group = proof.group
            renamesExclusively = proof.renamesExclusively
            keepsAttributes = proof.keepsAttributes
        } catch {
            opening.closeAll()
            throw error
        }
    }

    /// Gives up the locks though others still hold this object: nothing may be written through it any more.
    package func unlock() {
        for directory in [bucket, state] {
            clinux_unlock(directory.rawValue)
        }
    }

    deinit {
        for directory in [bucket, state, spool, temporary, thumbnails] {
            try? calls.close(directory)
        }
    }

    /// Gives a file a name that must be free: `.fileExists` if it is not.
    func move(
        _ name: FilePath,
        in directory: FileDescriptor,
        to newName: FilePath,
        in newDirectory: FileDescriptor
    ) throws(Errno) {
        guard !renamesExclusively else {
            return try calls.renameExclusively(name, in: directory, to: newName, in: newDirectory)
        }
        try calls.link(name, in: directory, to: newName, in: newDirectory)
        try calls.unlink(name, in: directory)
    }
}
