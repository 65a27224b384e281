package import Ingest
package import SystemPackage

/// Where the bytes go and how safe they are to be.
package struct SpoolOptions: Sendable {
    /// The folder that people watch; it must exist.
    package var bucket: FilePath
    /// Made if it is missing.
    package var state: FilePath
    package var durability: Durability
    /// Mode of the state directory and those below it, if we make them.
    package var stateMode: UInt32 = 0o700
    /// Mode of published files.
    package var fileMode: UInt32 = 0o640
    /// Mode of directories made in the bucket.
    package var directoryMode: UInt32 = 0o2770
    /// Group of published files and directories; nil is the bucket directory's.
    package var group: UInt32?
    /// Read-only descriptors kept open for jobs, so that a watcher may move files at once.
    package var heldFiles = 256
    /// Uploads from this length on get their blocks reserved, where the length is known.
    package var reservedLength: Int64 = 8 << 20
    /// Bytes after which an upload starts writeback.
    package var writebackInterval: Int64 = 8 << 20

    package init(bucket: FilePath, state: FilePath, durability: Durability = .full) {
        self.bucket = bucket
        self.state = state
        self.durability = durability
    }
}
