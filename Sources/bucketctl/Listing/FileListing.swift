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
            if let next = page.next {
                let isFarther = after.map { Self.path($0).lexicographicallyPrecedes(Self.path(next)) } ?? true
                guard isFarther else {
                    throw ClientError(.unexpected, "The server's listing goes round in circles.")
                }
            }
            after = page.next
            isAtEnd = page.next == nil
            return page.files
        }

        /// The path that a cursor stands for: `~XX` are its bytes that a query does not take as they are.
        ///
        /// Listings are in the order of the paths' bytes, which is not that of the cursors'.
        private static func path(_ cursor: String) -> [UInt8] {
            var bytes: [UInt8] = []
            var rest = cursor.utf8[...]
            while let byte = rest.popFirst() {
                let digits = rest.prefix(2)
                if byte == UInt8(ascii: "~"), digits.count == 2,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
                {
                    bytes.append(code)
                    rest = rest.dropFirst(2)
                } else {
                    bytes.append(byte)
                }
            }
            return bytes
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(listing: self) }
}
