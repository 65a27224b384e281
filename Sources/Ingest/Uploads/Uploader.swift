/// On whose account uploads go.
package struct Uploader: Sendable, Hashable {
    /// What uploads and files are recorded as belonging to, in the words of those who decide on access.
    package let id: String
    /// The only directory, with all below, that its files may be in; nil: the bucket.
    package var directory: BucketPath?
    /// Bytes of its files that are there, and of its unfinished uploads; 0: any number.
    package var quota: Int64

    package init(id: String, directory: BucketPath? = nil, quota: Int64 = 0) {
        self.id = id
        self.directory = directory
        self.quota = quota
    }

    /// Throws `.forbidden` for a file that would be elsewhere.
    package func requirePath(_ path: BucketPath) throws(IngestError) {
        guard let directory, path == directory || !path.isWithin(directory) else { return }
        throw IngestError(.forbidden, "Files may be put below \(directory)/ only.")
    }
}
