import Digests
import Ingest
import IngestTesting
import Threading

/// Spool, bucket, ledger and queue in memory: what the service stands on, without a disk.
final class MemoryBucket: Sendable {
    struct StoredFile {
        var record: FileRecord
        var bytes: [UInt8]
        /// Whether others changed it after publication.
        var isTouched = false
    }

    struct State {
        var spool: [UploadID: [UInt8]] = [:]
        /// Bytes of bodies that were hashed as a whole.
        var hashed = 0
        var files: [BucketPath: StoredFile] = [:]
        var foreign: [BucketPath: [UInt8]] = [:]
        var jobs: [Job] = []
        var lastNumber: Int64 = 0
        /// What the next publication fails with.
        var publicationError: IngestError?
        /// The sizes of the appended pieces.
        var appended: [Int] = []

        mutating func number() -> Int64 {
            lastNumber += 1
            return lastNumber
        }
    }

    /// The time of every record, so that answers can be compared byte for byte: 2026-11-22T10:51:15.042Z.
    static let time = Timestamp(milliseconds: 1_795_344_675_042)

    let state = Locked(State())
    /// What the ledger knows of uploads that outlive their requests.
    let uploads = InMemoryFileLedger()
    /// What it knows of requests with a key.
    let requests = InMemoryIdempotencyLedger()
    /// Kinds of jobs that each file gets.
    let plan: [String]

    init(plan: [String] = []) {
        self.plan = plan
    }

    /// What clients see: the paths of all files of ours.
    var paths: [String] {
        state.withLock { state in state.files.keys.map(\.description).sorted() }
    }

    var spooled: Int { state.withLock { $0.spool.count } }

    func bytes(_ path: String) -> [UInt8]? {
        state.withLock { $0.files[BucketPath(recorded: Array(path.utf8))]?.bytes }
    }

    /// Puts a file there as if it had been uploaded.
    @discardableResult
    func add(_ path: String, _ text: String = "hello", contentType: String? = nil) -> FileRecord {
        state.withLock { state in
            Self.publish(
                Array(text.utf8),
                at: BucketPath(recorded: Array(path.utf8)),
                contentType: contentType,
                originalName: nil,
                plan: plan,
                in: &state
            )
        }
    }

    func addForeign(_ path: [UInt8], _ text: String = "hello") {
        state.withLock { $0.foreign[BucketPath(recorded: path)] = Array(text.utf8) }
    }

    func touch(_ path: String) {
        state.withLock { $0.files[BucketPath(recorded: Array(path.utf8))]?.isTouched = true }
    }

    /// As the job does that computes them.
    func recordDigests(_ algorithms: [DigestAlgorithm], of path: String) {
        state.withLock { state in
            let path = BucketPath(recorded: Array(path.utf8))
            for algorithm in algorithms {
                let digest = Self.digest(algorithm, of: state.files[path]?.bytes ?? [])
                state.files[path]?.record.digests[algorithm] = digest
            }
        }
    }

    func setState(_ fileState: FileState, of path: String) {
        state.withLock { $0.files[BucketPath(recorded: Array(path.utf8))]?.record.state = fileState }
    }

    func endJob(_ id: Int64, _ jobState: JobState, error: String? = nil) {
        state.withLock { state in
            for index in state.jobs.indices where state.jobs[index].id == JobID(id) {
                state.jobs[index].state = jobState
                state.jobs[index].error = error
                state.jobs[index].finishedAt = Self.time
            }
        }
    }

    static func publish(
        _ bytes: [UInt8],
        at path: BucketPath,
        contentType: String?,
        originalName: String?,
        digests: [DigestAlgorithm: Digest] = [:],
        plan: [String],
        owner: String? = nil,
        in state: inout State
    ) -> FileRecord {
        let replaced = state.files[path]?.record
        let record = FileRecord(
            id: FileID(state.number()),
            path: path,
            generation: (replaced?.generation ?? 0) + 1,
            state: .published,
            upload: UploadID.random(),
            identity: identity(of: bytes, number: UInt64(state.lastNumber)),
            digest: digest(of: bytes),
            digests: digests,
            contentType: contentType,
            originalName: originalName,
            replaces: replaced?.id,
            createdAt: time,
            owner: owner
        )
        state.files[path] = StoredFile(record: record, bytes: bytes)
        for kind in plan {
            _ = addJob(kind, of: record, in: &state)
        }
        return record
    }

    static func addJob(_ kind: String, of file: FileRecord?, in state: inout State) -> Job {
        let job = Job(
            id: JobID(state.number()),
            kind: JobKind(kind),
            state: .ready,
            file: file?.id,
            path: file?.path,
            attempt: 0,
            maxAttempts: 3,
            rescues: 0,
            helperDeaths: 0,
            error: nil,
            result: nil,
            runAt: time,
            createdAt: time,
            startedAt: nil,
            finishedAt: nil
        )
        state.jobs.append(job)
        return job
    }

    static func identity(of bytes: [UInt8], number: UInt64) -> FileIdentity {
        FileIdentity(
            inode: number,
            birthTime: 1,
            size: Int64(bytes.count),
            modificationTime: time.milliseconds * 1_000_000
        )
    }

    static func digest(of bytes: [UInt8]) -> SHA256Digest {
        guard let digest = SHA256Digest(digest(.sha256, of: bytes).bytes) else { preconditionFailure("32 bytes") }
        return digest
    }

    static func digest(_ algorithm: DigestAlgorithm, of bytes: [UInt8]) -> Digest {
        var digest = StreamingDigest(algorithm)
        digest.update(bytes[...])
        return digest.finalize()
    }
}
