import CLinux
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
    /// Cancellation is obeyed between two batches; the ranges done so far stay.
    package func scan() async throws {
        var walk = try await begin()
        var rows = RowCursor(bucket.ledger, page: batch)
        var reached: BucketPath?
        while true {
            try Task.checkCancellation()
            let found: [BucketWalk.Found]
            (walk, found) = try await advance(walk)
            let isLast = found.count < batch
            let end = isLast ? nil : found.last?.path
            var foreign: [ForeignFile] = []
            for file in found where try await isForeign(file, &rows) {
                foreign.append(ForeignFile(file))
            }
            if isLast {
                try await settleRest(of: &rows)
            }
            try await record(foreign, after: reached, through: end)
            if isLast { return }
            reached = end
        }
    }

    private func begin() async throws(IngestError) -> BucketWalk {
        do throws(Errno) {
            return try await bucket.threads.index.run { [bucket] () throws(Errno) in
                clinux_lower_thread_priority()
                let state = DirectoryKey(try bucket.calls.status(of: bucket.spool.state.state))
                return try BucketWalk(bucket.tree.root, excluding: [state], bucket.calls)
            }
        } catch {
            throw .storage("The bucket cannot be walked.", error)
        }
    }

    private func advance(_ walk: BucketWalk) async throws(IngestError) -> (BucketWalk, [BucketWalk.Found]) {
        do throws(Errno) {
            return try await bucket.threads.index.run { [batch] () throws(Errno) in
                var walk = walk
                let found = try walk.next(batch)
                return (walk, found)
            }
        } catch {
            throw .storage("The bucket cannot be walked.", error)
        }
    }

    private func isForeign(_ file: BucketWalk.Found, _ rows: inout RowCursor) async throws -> Bool {
        let (passed, row) = try await rows.advance(to: file.path)
        try await settle(passed)
        if let row {
            return try await !isOurs(file, row)
        }
        // Published since the page was read, or published and not confirmed yet.
        guard let row = try await bucket.ledger.file(at: file.path) else { return true }
        return try await !isOurs(file, row)
    }

    private func isOurs(_ file: BucketWalk.Found, _ row: FileRecord) async throws -> Bool {
        switch row.presence(as: file.identity) {
        case .untouched:
            return true
        case .changedOutside:
            if !file.identity.isSameFile(as: row.identity) {
                bucket.renewIfCopied(row)
            }
            return true
        case .gone:
            // Replaced since the walk saw it, or gone indeed.
            return try await bucket.settleAbsence(of: row) != nil
        }
    }

    private func settle(_ rows: [FileRecord]) async throws {
        try await bucket.settleAbsences(of: rows)
    }

    /// Rows beyond the last file of the walk: consumers may have taken all there was.
    private func settleRest(of rows: inout RowCursor) async throws {
        while true {
            try Task.checkCancellation()
            let rest = try await rows.rest()
            guard !rest.isEmpty else { return }
            try await settle(rest)
        }
    }

    /// Writes a range of the index, if it is not what the ledger has already.
    private func record(
        _ foreign: [ForeignFile],
        after first: BucketPath?,
        through last: BucketPath?
    ) async throws {
        let known = try await bucket.ledger.foreignFiles(prefix: "", after: first, limit: foreign.count + 1)
        let isWithin = { (file: ForeignFile) in last.map { file.path <= $0 } ?? true }
        guard known.filter(isWithin) != foreign else { return }
        try await bucket.watchingForUnknownOutcomes {
            try await bucket.ledger.replaceForeignFiles(after: first, through: last, with: foreign)
        }
    }
}

extension ForeignFile {
    fileprivate init(_ file: BucketWalk.Found) {
        self.init(
            path: file.path,
            size: file.identity.size,
            modifiedAt: Timestamp(milliseconds: file.identity.modificationTime / 1_000_000)
        )
    }
}
