import FoundationEssentials
import GRDB
import Ingest

extension LedgerReader {
    /// Whether a row of `files` belongs to a request that may be sent again, whose answer tells of it.
    ///
    /// The numbers of two requests' files do not overlap: only the first that ends behind the row can hold it.
    static let isOfRequest = """
        coalesce((SELECT first_file FROM requests INDEXED BY requests_files
            WHERE last_file >= files.id ORDER BY last_file LIMIT 1) <= files.id, 0)
        """

    func request(_ key: IdempotencyKey) throws -> RecordedRequest? {
        guard
            let row = try first(
                "SELECT fingerprint, first_file, last_file, expires_at FROM requests WHERE key = ?",
                [key.digest.column]
            )
        else { return nil }
        guard let fingerprint = SHA256Digest(row[0] as Data) else {
            throw IngestError.malformedRow("requests", row[1])
        }
        let request = IdempotentRequest(
            key: key,
            fingerprint: RequestFingerprint(recorded: fingerprint),
            expiresAt: Timestamp(milliseconds: row[3])
        )
        let files = try all(
            "SELECT \(FileRecord.columns) FROM files WHERE id BETWEEN ? AND ? AND state <> 'withdrawn' ORDER BY id",
            [row[1] as Int64, row[2] as Int64]
        ).map(FileRecord.init(row:))
        guard !files.isEmpty else { return nil }
        let jobs = try self.jobs(of: files.map(\.id))
        return RecordedRequest(request, files: files.map { PublishedFile($0, jobs: jobs[$0.id] ?? []) })
    }

    /// How many are beyond `count`.
    func requests(beyond count: Int) throws -> Int {
        guard count > 0 else { return 0 }
        let all: Int = try first("SELECT count(*) FROM requests INDEXED BY requests_expiry")?[0] ?? 0
        return max(0, all - count)
    }

    func hasRequests(expiredBy moment: Timestamp) throws -> Bool {
        try first(
            "SELECT 1 FROM requests INDEXED BY requests_expiry WHERE expires_at <= ? LIMIT 1",
            [moment.milliseconds]
        ) != nil
    }
}

extension PublishedFile {
    /// As it was when it was published, with those of its `jobs` that were recorded with it.
    fileprivate init(_ record: FileRecord, jobs: [Job]) {
        let first = jobs.filter { $0.createdAt == record.createdAt }.map { job in
            var job = job
            (job.state, job.attempt, job.rescues, job.helperDeaths) = (.blocked, 0, 0, 0)
            (job.error, job.result, job.startedAt, job.finishedAt) = (nil, nil, nil, nil)
            return job
        }
        var record = record
        if record.state != .publishing { record.state = .published }
        self.init(record: record, jobs: first)
    }
}
