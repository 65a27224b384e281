/// On whose account uploads go.
///
/// A class, because each upload that is under way holds it in several places.
package final class Uploader: Sendable, Hashable {
    /// What uploads and files are recorded as belonging to, in the words of those who decide on access.
    package let id: String
    /// The only directory, with all below, that its files may be in; nil: the bucket.
    package let directory: BucketPath?
    /// Bytes of its files that are there, and of its unfinished uploads; 0: any number, unless its files are limited.
    package let quota: Int64
    /// Bytes of each of its files; 0: as many as the server takes.
    package let maxSize: Int64
    /// Files that it may publish in all; 0: any number.
    package let maxFiles: Int
    /// Media types that its files must be declared to have, as `image/png` or `image/*`, in lower case; empty: any.
    package let contentTypes: [String]
    /// Whether its files may take the place of others.
    package let mayReplace: Bool
    /// Whether it may use unfinished uploads that are nobody's: those of a time when nobody was told from another.
    package let reachesUnowned: Bool

    package init(
        id: String,
        directory: BucketPath? = nil,
        quota: Int64 = 0,
        maxSize: Int64 = 0,
        maxFiles: Int = 0,
        contentTypes: [String] = [],
        mayReplace: Bool = true,
        reachesUnowned: Bool = false
    ) {
        self.id = id
        self.directory = directory
        self.quota = quota
        self.maxSize = maxSize
        self.maxFiles = maxFiles
        self.contentTypes = contentTypes
        self.mayReplace = mayReplace
        self.reachesUnowned = reachesUnowned
    }

    package static func == (one: Uploader, other: Uploader) -> Bool {
        one.id == other.id && one.directory == other.directory && one.quota == other.quota
            && one.maxSize == other.maxSize && one.maxFiles == other.maxFiles
            && one.contentTypes == other.contentTypes && one.mayReplace == other.mayReplace
            && one.reachesUnowned == other.reachesUnowned
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(id)
    }

    /// Whether something of it is counted.
    var isCounted: Bool { quota > 0 || maxFiles > 0 }

    /// Unfinished uploads that it may have at a time; nil: any number.
    ///
    /// More than the files that it may publish: one may be made of several pieces, and what was given up stays for a while.
    var maxOpenUploads: Int? { maxFiles > 0 ? 16 + 4 * min(maxFiles, 1 << 20) : nil }

    /// Bytes of its files and unfinished uploads together; 0: any number.
    ///
    /// Without a quota of its own, but with a number of files of limited size: twice what all of them have, as the
    /// pieces of one are still there when it is made of them.
    func quota(under limits: IngestLimits) -> Int64 {
        guard quota == 0, maxFiles > 0 else { return quota }
        let size = maxSize(within: limits.maxUploadSize)
        let (bytes, overflows) = Int64(maxFiles).multipliedReportingOverflow(by: size)
        return overflows || bytes > .max / 2 ? 0 : 2 * bytes
    }

    /// The smaller of the two limits; 0 is none.
    func maxSize(within limit: Int64) -> Int64 {
        maxSize > 0 && limit > 0 ? min(maxSize, limit) : max(maxSize, limit)
    }

    /// What is left of the intent: without leave to replace, a name that is taken is refused.
    ///
    /// Throws what forbids the file.
    package func permitted(_ intent: UploadIntent) throws(IngestError) -> UploadIntent {
        try require(intent)
        var intent = intent
        if !mayReplace, intent.destination.collision == .replace { intent.destination.collision = .reject }
        return intent
    }

    /// Throws what forbids this file.
    func require(_ intent: UploadIntent) throws(IngestError) {
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
