/// What the bucket holds, as clients see it: our files and foreign ones in one order, without those that are gone.
package struct FileCatalog: Sendable {
    /// Looks at the ledger for one page.
    ///
    /// Where watchers have just taken many files most rows may be gone: a short page is legal, a request without end is
    /// not.
    private static let maxRounds = 10

    private let ledger: any FileLedger
    private let files: any BucketFiles
    private let queue: any JobQueue

    package init(ledger: any FileLedger, files: any BucketFiles, queue: any JobQueue) {
        self.ledger = ledger
        self.files = files
        self.queue = queue
    }

    /// Files whose path begins with `prefix`, sorted by path bytes, after `after`; at most `limit`, at least 1.
    package func page(prefix: String, after: BucketPath?, limit: Int) async throws -> CatalogPage {
        var entries: [CatalogEntry] = []
        var position = after
        var rounds = 0
        while entries.count < limit, rounds < Self.maxRounds {
            try Task.checkCancellation()
            rounds += 1
            let wanted = limit - entries.count
            let ours = try await ledger.files(prefix: prefix, after: position, limit: wanted)
            let foreign = try await ledger.foreignFiles(prefix: prefix, after: position, limit: wanted)
            // Beyond the last path of a full page the other list may still have paths that come first.
            let horizon = [
                ours.count == wanted ? ours.last?.path : nil, foreign.count == wanted ? foreign.last?.path : nil,
            ]
            .compactMap { $0 }.min()
            let ourPaths = Set(ours.map(\.path))
            let found =
                try await entriesStillThere(ours)
                + (try await files.present(foreign.filter { !ourPaths.contains($0.path) })).map(CatalogEntry.foreign)
            entries += found.filter { horizon == nil || $0.path <= horizon ?? $0.path }.sorted { $0.path < $1.path }
            position = horizon
            if horizon == nil {
                break
            }
        }
        let isCut = entries.count > limit
        let shown = Array(entries.prefix(limit))
        return CatalogPage(entries: shown, next: isCut ? shown.last?.path : position)
    }

    /// The newest files, newest first, that are still there.
    ///
    /// Below a directory they are looked for among the newest of the whole bucket, 20 times as many as are wanted, and
    /// where that is too few among as many that come first by name.
    package func newest(limit: Int, in directory: BucketPath? = nil) async throws -> [CatalogEntry] {
        guard let directory else { return try await entriesStillThere(try await ledger.newestFiles(limit: limit)) }
        let all = try await ledger.newestFiles(limit: 20 * limit)
        var found = all.filter { $0.path.isWithin(directory) }
        if found.count < limit, all.count == 20 * limit {
            let known = Set(found.map(\.id))
            let first = try await ledger.files(prefix: "\(directory)/", after: nil, limit: 20 * limit)
            found += first.filter { !known.contains($0.id) }.sorted { $0.id.rawValue > $1.id.rawValue }
        }
        return try await entriesStillThere(Array(found.prefix(limit)))
    }

    /// A file with its jobs, if it still has its name.
    package func entry(for record: FileRecord) async throws -> CatalogEntry? {
        try await entriesStillThere([record]).first
    }

    private func entriesStillThere(_ records: [FileRecord]) async throws -> [CatalogEntry] {
        guard !records.isEmpty else { return [] }
        let presence = try await files.present(records)
        let jobs = try await queue.jobs(of: records.map(\.id))
        return zip(records, presence).compactMap { record, presence in
            presence == .gone
                ? nil : .ours(record, isUntouched: presence == .untouched, jobs: jobs[record.id] ?? [])
        }
    }
}

package struct CatalogPage: Sendable {
    package var entries: [CatalogEntry]
    /// Where the next page begins; nil at the end.
    package var next: BucketPath?
}

package enum CatalogEntry: Sendable {
    case ours(FileRecord, isUntouched: Bool, jobs: [Job])
    case foreign(ForeignFile)

    package var path: BucketPath {
        switch self {
        case .ours(let record, _, _): record.path
        case .foreign(let file): file.path
        }
    }
}
