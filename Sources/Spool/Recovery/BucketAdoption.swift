package import Ingest
package import SystemPackage
import Threading

/// Records the uploads among a bucket's files again, after their records were lost.
///
/// An upload is known by its checksum attribute, and proven by reading it whole. Everything else stays foreign. What was
/// done before an interruption is not done again. A record whose file is gone from its name, as that of a ledger from
/// before a replacement, gives way to an upload that has the name now. No daemon may be on the bucket.
package struct BucketAdoption: Sendable {
    private let bucket: Bucket
    private let record: any FileAdoption
    private let uploads: any UploadLedger
    /// Files of one transaction.
    private let batch: Int

    package init(_ bucket: Bucket, into record: any FileAdoption, uploads: any UploadLedger, batch: Int = 256) {
        precondition(batch > 0)
        self.bucket = bucket
        self.record = record
        self.uploads = uploads
        self.batch = batch
    }

    /// `onProgress` is told now and then how many files have been looked at.
    package func run(onProgress: (Int) -> Void = { _ in }) async throws -> AdoptionSummary {
        let walker = BucketWalker(bucket)
        var summary = AdoptionSummary()
        var count = 0
        let unfinished = Dictionary(grouping: try await bucket.ledger.unfinishedFiles(), by: \.path)
        let spooled = Set(try await self.spooled())
        while true {
            let paths = try await walker.next(batch)
            var adopted: [AdoptedFile] = []
            for path in paths {
                let rows = try await self.rows(at: path, unfinished[path])
                let identity = rows.isEmpty ? nil : try await bucket.identity(at: path)
                guard rows.allSatisfy({ $0.presence(as: identity) == .gone && !$0.isAwaited(among: spooled) }) else {
                    summary.recorded += 1
                    continue
                }
                let found = try await walker.examine(path)
                summary.add(found, at: path)
                if case .upload(let identity, let digest) = found {
                    adopted.append(
                        AdoptedFile(path: path, identity: identity, digest: digest, supplants: Set(rows.map(\.id)))
                    )
                }
            }
            if !adopted.isEmpty {
                summary.adopted += try await record.adopt(adopted)
                summary.adoptedBytes += adopted.reduce(0) { $0 + $1.identity.size }
            }
            count += paths.count
            onProgress(count)
            guard paths.count == batch else { break }
        }
        summary.leftovers = try await leftovers()
        return summary
    }

    /// What the next start removes from the spool, as no record knows it.
    private func leftovers() async throws -> [FilePath] {
        let files = try await bucket.ledger.unfinishedFiles()
        var known = Set(files.flatMap { [FilePath($0.upload.rawValue), $0.upload.graveName] })
        try await uploads.forEachPageOfOpenUploads { page in
            known.formUnion(page.map { FilePath($0.id.rawValue) })
        }
        return try await spooled().filter { !known.contains($0) }
    }

    private func spooled() async throws -> [FilePath] {
        let outcome = await bucket.threads.publication.result { [bucket] () throws(Errno) in
            try bucket.calls.entries(of: bucket.spool.state.spool)
        }
        do throws(Errno) {
            return try outcome.get()
        } catch {
            throw IngestError.storage("The spool cannot be read.", error)
        }
    }

    /// The rows that have the path, or are about to: of a replacement that was not confirmed there are two.
    private func rows(at path: BucketPath, _ unfinished: [FileRecord]?) async throws -> [FileRecord] {
        var rows = unfinished ?? []
        if let row = try await bucket.ledger.file(at: path), !rows.contains(where: { $0.id == row.id }) {
            rows.append(row)
        }
        return rows
    }
}

extension FileRecord {
    /// Whether its file is in the spool, for the next start to give it its name.
    fileprivate func isAwaited(among spooled: Set<FilePath>) -> Bool {
        state == .publishing && spooled.contains(FilePath(upload.rawValue))
    }
}

/// What an adoption found.
package struct AdoptionSummary: Sendable, Equatable {
    /// Files that had their own records.
    package var recorded = 0
    /// Uploads that were recorded again, and their bytes.
    package var adopted = 0
    package var adoptedBytes: Int64 = 0
    /// Files without a checksum attribute, or with a name that no upload gets.
    package var foreign = 0
    /// Files whose content is not what their checksum attribute says.
    package var changed = Sample()
    /// Files that could not be read.
    package var unreadable = Sample()
    /// Names in the spool that no record knows.
    package var leftovers: [FilePath] = []

    /// How many there are, and the first of them.
    package struct Sample: Sendable, Equatable {
        package var count = 0
        package var first: [BucketPath] = []

        mutating func add(_ path: BucketPath) {
            count += 1
            if first.count < 10 { first.append(path) }
        }
    }

    package init() {}

    mutating func add(_ found: ExaminedFile, at path: BucketPath) {
        switch found {
        case .upload, .gone: return
        case .foreign: foreign += 1
        case .changed: changed.add(path)
        case .unreadable: unreadable.add(path)
        }
    }
}
