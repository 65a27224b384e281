import Ingest
import SystemPackage

/// fdatasync(2), and what its failure means.
struct DataSync: Sendable {
    let calls: any FileCalls
    let health: Health

    /// Blocks.
    ///
    /// Lack of space is this file's own trouble. Anything else is the device's, which may have lost what it took from
    /// others too and tell nobody (fsync(2), NOTES): a sync that succeeds later proves nothing.
    func run(_ file: FileDescriptor) throws(Errno) {
        do throws(Errno) {
            try calls.syncData(file)
        } catch {
            if error != .noSpace && error != .diskQuotaExceeded {
                health.fail("an upload could not be synced: \(error)")
            }
            throw error
        }
    }
}
