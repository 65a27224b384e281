/// What one request's uploads were admitted with: a place among those in flight, space, and a part of the quota.
///
/// Belongs to the task that owns the batch. Given back step by step, and at the latest with the last reference.
final class Promise {
    private let admission: Admission
    let source: UploadSource
    /// The name whose file is to be replaced.
    private let replaced: BucketPath?
    /// Whether there is a quota, of the bucket or the uploader, that the bytes count against.
    private let countsQuota: Bool
    /// Files that the upload was given which the request's own are unpacked from.
    private let filesBefore: Int
    private var share = Admission.Share()
    /// Bytes of the upload that the ledger counts already.
    private var recordedBytes: Int64
    /// Bytes of the files so far.
    private var content: Int64 = 0
    private var spaceStep = Step()
    private var quotaStep = Step()

    /// How much more an upload is promised at a time that has not declared its length.
    struct Step {
        private var size: Int64 = 64 << 10
        private static let largest: Int64 = 16 << 20

        /// At least `missing`.
        mutating func next(atLeast missing: Int64) -> Int64 {
            defer { size = min(size * 2, Self.largest) }
            return max(size, missing)
        }
    }

    /// Promises nothing before `admit`; the ledger counts `recorded` bytes of the upload already.
    init(
        _ admission: Admission,
        replacing replaced: BucketPath?,
        recorded: Int64 = 0,
        from source: UploadSource
    ) {
        self.admission = admission
        self.source = source
        // What stays makes no room.
        self.replaced = source.uploader?.mayReplace == false ? nil : replaced
        filesBefore = 0
        recordedBytes = recorded
        let limits = admission.limits
        countsQuota = limits.quota > 0 || source.uploader.map { $0.quota(under: limits) > 0 } ?? false
    }

    /// Admits a request whose body has `body` bytes, if it said so; to be called once, first.
    ///
    /// `claim` bytes of the quota are its own before it sends any, and `files` of those that its uploader may publish;
    /// with 0 of them one must be left all the same. Throws the limit that forbids it.
    func admit(body: Int64?, claim: Int64, files: Int = 1) async throws {
        let demand = Admission.Demand(
            newcomer: source,
            space: body ?? spaceStep.next(atLeast: 0),
            quota: countsQuota ? claim : 0,
            recorded: recordedBytes,
            uploader: source.uploader,
            uploaderFiles: files,
            needsFileLeft: files == 0
        )
        _ = try await admission.reserve(demand, replacing: replaced)
        share = Admission.Share(places: 1, promised: demand.space, claimed: demand.quota, files: files)
    }

    private init(unpacking other: Promise, space: Int64) {
        admission = other.admission
        source = other.source
        replaced = nil
        filesBefore = other.share.files
        recordedBytes = 0
        countsQuota = false
        share = Admission.Share(promised: space)
    }

    /// For the files that the request's upload, of `size` bytes, holds: the place is the request's, and the quota counts
    /// those bytes already.
    func unpacking(_ size: Int64) async throws -> Promise {
        _ = try await admission.reserve(Admission.Demand(space: size), replacing: nil)
        return Promise(unpacking: self, space: size)
    }

    /// What is to be covered before the next `count` bytes may be written, `uncounted` bytes of the file not being with
    /// the filesystem after that; nil, as mostly, if nothing is.
    func missing(count: Int64, uncounted: Int64) -> Admission.Demand? {
        let missing = Admission.Demand(
            space: max(0, uncounted - share.promised),
            quota: countsQuota ? max(0, content + count - share.claimed) : 0,
            claimed: share.claimed,
            recorded: recordedBytes,
            uploader: source.uploader
        )
        return missing.space > 0 || missing.quota > 0 ? missing : nil
    }

    func cover(_ missing: Admission.Demand) async throws {
        var wanted = missing
        if missing.space > 0 {
            wanted.space = spaceStep.next(atLeast: missing.space)
        }
        if missing.quota > 0 {
            wanted.quota = quotaStep.next(atLeast: missing.quota)
        }
        let taken = try await admission.reserve(wanted, orAtLeast: missing, replacing: replaced)
        share.promised += taken.space
        share.claimed += taken.quota
    }

    /// Throws if there is no room for one more file.
    func coverFile() async throws {
        let demand = Admission.Demand(
            claimed: share.claimed,
            recorded: recordedBytes,
            uploader: source.uploader,
            uploaderFiles: 1,
            givenFiles: filesBefore + share.files
        )
        _ = try await admission.reserve(demand, replacing: replaced)
        share.files += 1
    }

    /// `count` bytes were written, and the filesystem counts `kept` bytes more than before.
    func wrote(count: Int64, kept: Int64) {
        content += count
        let promised = min(kept, share.promised)
        share.promised -= promised
        admission.fulfil(bytes: kept, promised: promised, of: source)
    }

    /// The ledger counts `bytes` of the content by now, though the upload goes on.
    func recorded(bytes: Int64) {
        content -= bytes
        recordedBytes += bytes
        let claimed = min(bytes, share.claimed)
        share.claimed -= claimed
        admission.fulfilStored(Admission.Share(claimed: claimed), of: source)
    }

    /// A file of the request is whole.
    func finishedFile() {
        admission.fulfilFile()
    }

    /// The files are about to be published: from the record of that on the ledger counts them, whether they have their names
    /// yet or not.
    ///
    /// To be called before the ledger has them: what reads it meanwhile may miss them, and never counts one twice.
    func handOverFiles() {
        guard share.files > 0 else { return }
        admission.giveBack(Admission.Share(files: share.files), of: source)
        share.files = 0
    }

    /// The ledger counts the bytes now; idempotent.
    func settle() {
        admission.fulfilStored(share, of: source)
        share = Admission.Share()
    }

    /// The uploads cannot be finished, or not be published.
    func failed(_ error: any Error) {
        admission.failed(error)
    }

    /// The uploads ended, one way or the other; idempotent.
    func release() {
        admission.giveBack(share, of: source)
        share = Admission.Share()
    }

    deinit {
        release()
    }
}
