import Ingest

/// The ledger's rows in the order of their paths, page by page.
struct RowCursor {
    private let ledger: any FileLedger
    private let pageSize: Int
    private var page: ArraySlice<FileRecord> = []
    private var last: BucketPath?
    private var isAtEnd = false

    init(_ ledger: any FileLedger, page: Int) {
        self.ledger = ledger
        pageSize = page
    }

    /// Moves on to `path`: the rows passed over, and the row of that path.
    mutating func advance(to path: BucketPath) async throws -> (passed: [FileRecord], row: FileRecord?) {
        var passed: [FileRecord] = []
        while let row = try await first(), row.path <= path {
            page.removeFirst()
            if row.path == path {
                return (passed, row)
            }
            passed.append(row)
        }
        return (passed, nil)
    }

    /// The next page of the rows not reached yet; none at the end.
    mutating func rest() async throws -> [FileRecord] {
        guard try await first() != nil else { return [] }
        defer { page = [] }
        return Array(page)
    }

    private mutating func first() async throws -> FileRecord? {
        if page.isEmpty, !isAtEnd {
            page = try await ledger.files(prefix: "", after: last, limit: pageSize)[...]
            last = page.last?.path ?? last
            isAtEnd = page.count < pageSize
        }
        return page.first
    }
}
