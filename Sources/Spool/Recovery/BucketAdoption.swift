package import Ingest
package import SystemPackage
import Threading

/// Records the uploads among a bucket's files again, after their records were lost.
///
/// An upload is known by its checksum attribute, and proven by reading it whole. Everything else stays foreign. What was
/// done before an interruption is not done again. No daemon may be on the bucket.
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
        while true {
            let paths = try await walker.next(batch)
            var adopted: [AdoptedFile] = []
            for path in paths {
                guard try await bucket.ledger.file(at: path) == nil else {
                    summary.recorded += 1
                    continue
                }
                let found = try await walker.examine(path)
                summary.add(found, at: path)
                if case .upload(let identity, let digest) = found {
                    adopted.append(AdoptedFile(path: path, identity: identity, digest: digest))
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
        let outcome = await bucket.threads.publication.result { [bucket, known] () throws(Errno) in
            try bucket.calls.entries(of: bucket.spool.state.spool).filter { !known.contains($0) }
        }
        do throws(Errno) {
            return try outcome.get()
        } catch {
            throw IngestError.storage("The spool cannot be read.", error)
        }
    }
}

/// What an adoption found.
package struct AdoptionSummary: Sendable, Equatable {
    /// Files that had their records.
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
