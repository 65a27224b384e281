import HTTPTypes

/// All files whose paths begin with a prefix, a page at a time.
struct FileListing: AsyncSequence, Sendable {
    typealias Element = [FileEntry]

    let server: Server
    let prefix: String
    var pageSize = 1000

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let listing: FileListing
        private var after: String?
        private var isAtEnd = false

        fileprivate init(listing: FileListing) {
            self.listing = listing
        }

        mutating func next() async throws(ClientError) -> [FileEntry]? {
            guard !isAtEnd else { return nil }
            var query = [("limit", String(listing.pageSize))]
            if !listing.prefix.isEmpty { query.append(("prefix", listing.prefix)) }
            if let after { query.append(("after", after)) }
            let page = try await listing.server.json(
                FilePage.self,
                .get,
                listing.server.url("/files", query: query)
            )
            guard page.next == nil || page.next != after else {
                throw ClientError(.unexpected, "The server's listing goes round in circles.")
            }
            after = page.next
            isAtEnd = page.next == nil
            return page.files
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listing: self) }
}
