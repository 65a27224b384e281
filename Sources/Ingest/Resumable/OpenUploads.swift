/// How many uploads are open, in all and by the address that began them.
struct OpenUploads: Sendable {
    private(set) var total = 0
    private var bySource: [String: Int] = [:]

    mutating func begin(from source: String?, _ options: ResumableOptions) throws(IngestError) {
        try requirePlace(for: source, options)
        add(source)
    }

    /// Throws the limit that forbids one more.
    func requirePlace(for source: String?, _ options: ResumableOptions) throws(IngestError) {
        let (limit, limitPerAddress) = (options.maxOpenUploads, options.maxOpenUploadsPerAddress)
        if let source, limitPerAddress > 0, bySource[source, default: 0] >= limitPerAddress {
            throw IngestError(
                .tooManyUploadsFromAddress,
                "\(limitPerAddress) uploads of your address are unfinished, as many as one may have.",
                limit: Int64(limitPerAddress)
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
    mutating func add(_ source: String?) {
        total += 1
        if let source { bySource[source, default: 0] += 1 }
    }

    mutating func end(from source: String?) {
        total -= 1
        guard let source, let count = bySource[source] else { return }
        bySource[source] = count > 1 ? count - 1 : nil
    }
}
