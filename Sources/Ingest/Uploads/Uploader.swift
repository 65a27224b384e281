/// On whose account uploads go.
package struct Uploader: Sendable, Hashable {
    /// What uploads and files are recorded as belonging to, in the words of those who decide on access.
    package let id: String
    /// The only directory, with all below, that its files may be in; nil: the bucket.
    package var directory: BucketPath?
    /// Bytes of its files that are there, and of its unfinished uploads; 0: any number.
    package var quota: Int64
    /// Bytes of each of its files; 0: as many as the server takes.
    package var maxSize: Int64 = 0
    /// Files that it may publish in all; 0: any number.
    package var maxFiles = 0
    /// Media types that its files must be declared to have, as `image/png` or `image/*`, in lower case; empty: any.
    package var contentTypes: [String] = []
    /// Whether its files may take the place of others.
    package var mayReplace = true

    package init(id: String, directory: BucketPath? = nil, quota: Int64 = 0) {
        self.id = id
        self.directory = directory
        self.quota = quota
    }

    /// Whether something of it is counted.
    var isCounted: Bool { quota > 0 || maxFiles > 0 }

    /// The smaller of the two limits; 0 is none.
    func maxSize(within limit: Int64) -> Int64 {
        maxSize > 0 && limit > 0 ? min(maxSize, limit) : max(maxSize, limit)
    }

    /// What is left of the intent: without leave to replace, a name that is taken is refused.
    ///
    /// Throws what forbids the file.
    func permitted(_ intent: UploadIntent) throws(IngestError) -> UploadIntent {
        try require(intent)
        var intent = intent
        if !mayReplace, intent.destination.collision == .replace { intent.destination.collision = .reject }
        return intent
    }

    /// Throws what forbids this file.
    package func require(_ intent: UploadIntent) throws(IngestError) {
        try requirePath(intent.destination.path)
        if let length = intent.length, maxSize > 0 {
            try IngestLimits.requireSize(length, atMost: maxSize)
        }
        guard !contentTypes.isEmpty else { return }
        let type = (intent.contentType ?? "").prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        let family = type.prefix { $0 != "/" } + "/*"
        guard contentTypes.contains(type) || contentTypes.contains(String(family)) else {
            throw IngestError(.forbidden, "The content type must be one of \(contentTypes.joined(separator: ", ")).")
        }
    }

    /// Throws `.forbidden` for a file that would be elsewhere.
    package func requirePath(_ path: BucketPath) throws(IngestError) {
        guard let directory, path == directory || !path.isWithin(directory) else { return }
        throw IngestError(.forbidden, "Files may be put below \(directory)/ only.")
    }
}
