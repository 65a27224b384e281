/// What uploads may take.
///
/// 0 = no limit, except for `minFreeSpace`, where it is no floor.
package struct IngestLimits: Sendable, Equatable {
    /// Bytes of one file.
    package var maxUploadSize: Int64 = 0
    /// Files of one form.
    package var maxFilesPerForm = 100
    /// Requests that bring files and are under way at a time.
    package var maxConcurrentUploads = 0
    /// Of these, from one address; for IPv6 from one /64.
    package var maxUploadsPerAddress = 0
    /// Bytes that must stay free on the bucket's filesystem; nil: the smaller of 5 % of it and 1 GiB.
    package var minFreeSpace: Int64?
    /// Bytes of all files that are there.
    package var quota: Int64 = 0

    package init() {}

    package func floor(of space: FilesystemSpace) -> Int64 {
        minFreeSpace ?? min(space.total / 20, 1 << 30)
    }

    /// Inodes that must stay free, the smaller of 5 % and 1,000; nil where the filesystem makes them as it needs them.
    func inodeFloor(of space: FilesystemSpace) -> Int64? {
        space.totalInodes > 0 ? min(space.totalInodes / 20, 1000) : nil
    }

    /// The same for uploads that take no space.
    var withoutSpace: Self {
        var limits = self
        (limits.minFreeSpace, limits.quota) = (0, 0)
        return limits
    }

    /// The same for somebody who has limits of their own.
    package func limits(for uploader: Uploader?) -> Self {
        guard let uploader else { return self }
        var limits = self
        limits.maxUploadSize = uploader.maxSize(within: maxUploadSize)
        if uploader.maxFiles > 0 {
            limits.maxFilesPerForm =
                maxFilesPerForm > 0 ? min(maxFilesPerForm, uploader.maxFiles) : uploader.maxFiles
        }
        return limits
    }

    /// Throws `.tooLarge` for a file of more than `maxUploadSize` bytes.
    package func requireSize(_ size: Int64) throws(IngestError) {
        try Self.requireSize(size, atMost: maxUploadSize)
    }

    /// The same for a limit of its own; 0 is none.
    static func requireSize(_ size: Int64, atMost limit: Int64) throws(IngestError) {
        guard limit == 0 || size <= limit else {
            throw IngestError(
                .tooLarge,
                "The file is larger than it may be: \(limit) bytes.",
                limit: limit
            )
        }
    }
}
