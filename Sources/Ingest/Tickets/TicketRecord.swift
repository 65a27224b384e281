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

    /// On whose account uploads with it go.
    package var uploader: Uploader {
        Uploader(
            id: id.owner,
            directory: directory,
            maxSize: maxSize,
            maxFiles: maxFiles,
            contentTypes: contentTypes,
            mayReplace: false
        )
    }
}
