import Ingest
import SystemPackage
import Threading

/// Keeps the ledger's index of files that others put into the bucket.
///
/// A service calls `scan` from time to time; never two at once.
package struct ForeignIndex: Sendable {
    private let bucket: Bucket
    /// Files of one transaction.
    private let batch: Int

    package init(_ bucket: Bucket, batch: Int = 1000) {
        precondition(batch > 0)
        self.bucket = bucket
        self.batch = batch
    }

    /// Walks the bucket once, replaces the index range by range, and settles rows whose files are gone.
    ///
    /// When it is cancelled it ends within some hundred directory entries; the ranges done so far stay.
    package func scan() async throws {
        let walker = BucketWalker(bucket)
        try await withTaskCancellationHandler {
            try await scan(walker)
        } onCancel: {
            walker.cancel()
        }
    }

    private func scan(_ walker: BucketWalker) async throws {
        var rows = RowCursor(bucket.ledger, page: batch)
        var reached: BucketPath?
        var unrecorded = UnrecordedUploads()
        while true {
            try Task.checkCancellation()
            let paths = try await walker.next(batch)
            let isLast = paths.count < batch
            let end = isLast ? nil : paths.last
            let known = try await bucket.ledger.foreignFiles(prefix: "", after: reached, limit: paths.count + 1)
                .filter { file in end.map { file.path <= $0 } ?? true }
            let entries = try await entries(at: paths, &rows, known, walker)
            var foreign: [ForeignFile] = []
            for entry in entries {
                if let file = try await foreignFile(entry) {
                    foreign.append(file)
                }
            }
            let discovered = Set(foreign.map(\.path)).subtracting(known.map(\.path))
            unrecorded.add(await walker.withChecksums(paths.filter(discovered.contains)))
            if isLast {
                try await settleRest(of: &rows)
                unrecorded.report(to: bucket.spool.logger)
            }
            if foreign != known {
                try await bucket.watchingForUnknownOutcomes { [foreign, reached] in
                    try await bucket.ledger.replaceForeignFiles(after: reached, through: end, with: foreign)
                }
            }
            if isLast { return }
            reached = end
        }
    }

    private struct Entry {
        var path: BucketPath
        var row: FileRecord?
        /// As the index has it already.
        var known: ForeignFile?
        /// Looked up only where it matters.
        var identity: FileIdentity?
    }

    /// What there is to know of each path.
    ///
    /// A file that the index has already is not looked at again: a listing tells its size as it is then.
    private func entries(
        at paths: [BucketPath],
        _ rows: inout RowCursor,
        _ known: [ForeignFile],
        _ walker: BucketWalker
    ) async throws -> [Entry] {
        let known = Dictionary(known.map { ($0.path, $0) }) { first, _ in first }
        var entries: [Entry] = []
        var unknown: [Int] = []
        for path in paths {
            let (passed, row) = try await rows.advance(to: path)
            try await bucket.settleAbsences(of: passed)
            let file = row == nil ? known[path] : nil
            if file == nil {
                unknown.append(entries.count)
            }
            entries.append(Entry(path: path, row: row, known: file))
        }
        let identities = try await walker.identities(at: unknown.map { entries[$0].path })
        for (place, identity) in zip(unknown, identities) {
            entries[place].identity = identity
        }
        let rowless = unknown.filter { entries[$0].row == nil }
        let recent = try await recentRows(at: rowless.map { entries[$0].path })
        for place in rowless {
            entries[place].row = recent[entries[place].path]
        }
        return entries
    }

    /// Rows of these paths, sorted, that the cursor has not seen: published since its page was read, or not confirmed
    /// yet.
    private func recentRows(at paths: [BucketPath]) async throws -> [BucketPath: FileRecord] {
        guard let first = paths.first, let last = paths.last else { return [:] }
        let wanted = Set(paths)
        // The unfinished first: what is published between the two reads is in one of them.
        var rows = try await bucket.ledger.unfinishedFiles().filter { wanted.contains($0.path) }
        rows += try await [bucket.ledger.file(at: first)].compactMap(\.self)
        var reached = first
        while reached < last {
            let page = try await bucket.ledger.files(prefix: "", after: reached, limit: batch)
            rows += page.filter { wanted.contains($0.path) }
            guard page.count == batch, let end = page.last?.path else { break }
            reached = end
        }
        return Dictionary(rows.map { ($0.path, $0) }) { _, later in later }
    }

    /// Nil if the file is ours, or gone since the walk saw it.
    private func foreignFile(_ entry: Entry) async throws -> ForeignFile? {
        if let known = entry.known {
            return known
        }
        if let row = entry.row, try await isOurs(row, as: entry.identity) {
            return nil
        }
        return entry.identity.map { ForeignFile(entry.path, $0) }
    }

    private func isOurs(_ row: FileRecord, as identity: FileIdentity?) async throws -> Bool {
        switch row.presence(as: identity) {
        case .untouched:
            return true
        case .changedOutside:
            if identity?.isSameFile(as: row.identity) == false {
                bucket.renewIfCopied(row)
            }
            return true
        case .gone:
            // Replaced since the walk saw it, or gone indeed.
            return try await bucket.settleAbsence(of: row) != nil
        }
    }

    /// Rows beyond the last file of the walk: consumers may have taken all there was.
    private func settleRest(of rows: inout RowCursor) async throws {
        while true {
            try Task.checkCancellation()
            let rest = try await rows.rest()
            guard !rest.isEmpty else { return }
            try await bucket.settleAbsences(of: rest)
        }
    }
}

extension ForeignFile {
    fileprivate init(_ path: BucketPath, _ identity: FileIdentity) {
        self.init(
            path: path,
            size: identity.size,
            modifiedAt: Timestamp(milliseconds: identity.modificationTime / 1_000_000)
        )
    }
}
