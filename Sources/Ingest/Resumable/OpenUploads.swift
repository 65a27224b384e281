/// How many uploads are open: in all, by the address that began them, and by owner.
struct OpenUploads: Sendable {
    private(set) var total = 0
    private var bySource: [String: Int] = [:]
    private var byOwner: [String: Int] = [:]

    mutating func begin(_ upload: UploadRecord, from source: UploadSource, _ options: ResumableOptions)
        throws(IngestError)
    {
        try requirePlace(for: source, options)
        add(upload)
    }

    /// Throws the limit that forbids one more.
    func requirePlace(for source: UploadSource, _ options: ResumableOptions) throws(IngestError) {
        let (limit, limitPerAddress) = (options.maxOpenUploads, options.maxOpenUploadsPerAddress)
        if let address = source.address, limitPerAddress > 0, bySource[address, default: 0] >= limitPerAddress {
            throw IngestError(
                .tooManyUploadsFromAddress,
                "\(limitPerAddress) uploads of your address are unfinished, as many as one may have.",
                limit: Int64(limitPerAddress)
            )
        }
        if let uploader = source.uploader, let limit = uploader.maxOpenUploads,
            byOwner[uploader.id, default: 0] >= limit
        {
            throw IngestError(
                .tooManyUploads,
                "\(limit) of your uploads are unfinished, as many as you may have.",
                limit: Int64(limit)
            )
        }
        guard limit == 0 || total < limit else {
            throw IngestError(
                .tooManyUploads,
                "\(limit) uploads are unfinished, as many as this server keeps.",
                limit: Int64(limit)
            )
        }
    }

    /// One that is there already.
    mutating func add(_ upload: UploadRecord) {
        total += 1
        if let source = upload.source { bySource[source, default: 0] += 1 }
        if let owner = upload.owner { byOwner[owner, default: 0] += 1 }
    }

    mutating func end(_ upload: UploadRecord) {
        total -= 1
        Self.decrement(upload.source, in: &bySource)
        Self.decrement(upload.owner, in: &byOwner)
    }

    private static func decrement(_ key: String?, in counts: inout [String: Int]) {
        guard let key, let count = counts[key] else { return }
        counts[key] = count > 1 ? count - 1 : nil
    }
}
