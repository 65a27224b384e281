import Ingest
import Logging
import SystemPackage
import Threading

extension Recovery {
    /// Removes what is in spool and tmp but `kept`; how many entries that were.
    func sweep(keeping kept: Set<FilePath>) async throws -> Int {
        let outcome = await bucket.threads.publication.result { [bucket] () throws(Errno) in
            let state = bucket.spool.state
            var swept = 0
            for (directory, kept) in [(state.spool, kept), (state.temporary, Set())] {
                for name in try bucket.calls.entries(of: directory) where !kept.contains(name) {
                    swept += try Self.remove(name, in: directory, bucket) ? 1 : 0
                }
            }
            return swept
        }
        do throws(Errno) {
            return try outcome.get()
        } catch {
            throw IngestError.storage("The spool cannot be swept.", error)
        }
    }

    /// False for a directory that is not empty: nothing of ours.
    private static func remove(
        _ name: FilePath,
        in directory: FileDescriptor,
        _ bucket: Bucket
    ) throws(Errno) -> Bool {
        do throws(Errno) {
            try bucket.calls.unlink(name, in: directory)
            return true
        } catch  where error == .isDirectory || error == .notPermitted {
            // unlinkat(2) reports either for a directory.
        }
        do throws(Errno) {
            try bucket.calls.removeDirectory(name, in: directory)
            return true
        } catch {
            bucket.spool.logger.warning(
                "an entry of the state directory is not ours and stays",
                metadata: ["entry": "\(name)", "error": "\(error)"]
            )
            return false
        }
    }
}
