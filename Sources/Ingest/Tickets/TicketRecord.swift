/// A ticket, as it is recorded: leave for somebody without a token to upload.
package struct TicketRecord: Sendable, Equatable {
    package let id: TicketID
    /// Where its files go, with all below; nil: into the bucket.
    package var directory: BucketPath?
    /// Bytes of each file; 0: as many as the server takes.
    package var maxSize: Int64
    /// Files in all that it may publish; 0: any number.
    package var maxFiles: Int
    /// Files that were published with it, whatever has become of them since.
    package var usedFiles: Int
    /// As `Uploader.contentTypes`.
    package var contentTypes: [String]
    package var createdAt: Timestamp
    /// From then on it is worth nothing.
    package var expiresAt: Timestamp

    package init(
        id: TicketID,
        directory: BucketPath?,
        maxSize: Int64 = 0,
        maxFiles: Int = 0,
        usedFiles: Int = 0,
        contentTypes: [String] = [],
        createdAt: Timestamp,
        expiresAt: Timestamp
    ) {
        self.id = id
        self.directory = directory
        self.maxSize = maxSize
        self.maxFiles = maxFiles
        self.usedFiles = usedFiles
        self.contentTypes = contentTypes
        self.createdAt = createdAt
        self.expiresAt = expiresAt
    }

    /// Bytes that its files and unfinished uploads may have together, where the limits tell; else 0, for any number.
    ///
    /// Twice what all files have: the pieces of one are still there when it is made of them.
    private var quota: Int64 {
        let (bytes, overflows) = Int64(maxFiles).multipliedReportingOverflow(by: maxSize)
        return overflows || bytes > .max / 2 ? 0 : 2 * bytes
    }

    /// On whose account uploads with it go.
    package var uploader: Uploader {
        Uploader(
            id: id.owner,
            directory: directory,
            quota: quota,
            maxSize: maxSize,
            maxFiles: maxFiles,
            contentTypes: contentTypes,
            mayReplace: false
        )
    }
}
