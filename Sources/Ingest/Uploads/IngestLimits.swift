/// What uploads may take.
///
/// 0 = no limit, except for `minFreeSpace`, where it is no floor.
package struct IngestLimits: Sendable, Equatable {
    /// Bytes of one file.
    package var maxUploadSize: Int64 = 0
    /// Files of one form.
    package var maxFilesPerForm = 100
    /// Uploads in flight at a time.
    package var maxConcurrentUploads = 0
    /// Bytes that must stay free on the bucket's filesystem; nil: the smaller of 5 % of it and 1 GiB.
    package var minFreeSpace: Int64?
    /// Bytes of all files that are there.
    package var quota: Int64 = 0

    package init() {}

    package func floor(of space: FilesystemSpace) -> Int64 {
        minFreeSpace ?? min(space.total / 20, 1 << 30)
    }
}
