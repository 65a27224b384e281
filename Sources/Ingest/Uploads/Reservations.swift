/// What uploads in flight were given of places, space and quota, and whether there is more: bookkeeping without I/O.
///
/// Amounts are never below 0 and are compared by subtraction: a client may declare any length up to `Int64.max`.
struct Reservations: Sendable {
    /// What an upload, or all of them, have of what there is.
    struct Share: Sendable, Equatable {
        var places = 0
        /// Bytes that the filesystem does not count yet.
        var promised: Int64 = 0
        /// Bytes, written or declared, that the ledger does not count yet.
        var claimed: Int64 = 0
        /// Files that its uploader may publish, and that are not with the ledger yet.
        var files = 0
    }

    /// What uploads turned from promises into facts since the start.
    ///
    /// A reading of the filesystem or the ledger notes it before it is taken. What has come since then may be missing in
    /// the reading, and counts as taken besides: so a reading that ages can refuse too much, never admit too much.
    struct Fulfilled: Sendable, Equatable {
        /// Bytes that the filesystem counts.
        var bytes: Int64 = 0
        /// Files that have their inodes.
        var files: Int64 = 0
        /// Bytes that the ledger counts.
        var stored: Int64 = 0
    }

    /// What an upload wants more of.
    struct Demand: Sendable {
        /// Set for one that begins: it wants a place.
        var newcomer: UploadSource?
        /// Bytes on the filesystem.
        var space: Int64 = 0
        /// Bytes of the quota.
        var quota: Int64 = 0
        /// Bytes of the quota that it has claimed before.
        var claimed: Int64 = 0
        /// Bytes of its own that the ledger counts already, as of an upload that goes on.
        var recorded: Int64 = 0
        /// Whose quota it counts against besides the bucket's.
        var uploader: Uploader?
        /// Files that the uploader may publish.
        var uploaderFiles = 0
        /// Such files that it was given before.
        var givenFiles = 0
        /// Whether the uploader must have such a file left, though none is taken.
        var needsFileLeft = false

        /// Whether it depends on what is stored of the uploader.
        func countsOwnBytes(under limits: IngestLimits) -> Bool {
            uploader.map { $0.quota(under: limits) > 0 } ?? false
        }

        /// Whether it depends on what the uploader has published.
        var countsOwnFiles: Bool {
            (uploaderFiles > 0 || needsFileLeft) && uploader.map { $0.maxFiles > 0 } ?? false
        }
    }

    struct SpaceReading: Sendable {
        var space: FilesystemSpace
        var before: Fulfilled
        var time: ContinuousClock.Instant
    }

    struct QuotaReading: Sendable {
        /// Bytes of all files, or of the uploader's.
        var stored: Int64
        /// Bytes of the file that the upload is to replace; counted in `stored`.
        var credit: Int64
        var before: Fulfilled
        /// Files that the uploader has published, or whose publication the ledger knows.
        var files = 0
    }

    private struct Use {
        var claimed: Int64 = 0
        var stored: Int64 = 0
        var files = 0
        /// Readings that are being taken, or judged.
        var readings = 0

        var isOver: Bool { claimed == 0 && files == 0 && readings == 0 }
    }

    /// Those of whoever asks next: they may change, and an upload keeps the ones it began with.
    var limits: IngestLimits
    private(set) var given = Share()
    private(set) var fulfilled = Fulfilled()
    private var places: [String: Int] = [:]
    /// Of those who have a quota or a number of files of their own, while they have something: what they were given and
    /// have fulfilled.
    private var uploaders: [String: Use] = [:]

    /// Those of whom something is kept.
    var knownUploaders: Int { uploaders.count }

    init(limits: IngestLimits) {
        self.limits = limits
    }

    /// Gives what is demanded, all of it, or throws the limit that forbids it.
    mutating func reserve(
        _ demand: Demand,
        _ space: SpaceReading,
        _ quota: QuotaReading?,
        own: QuotaReading? = nil
    ) throws(IngestError) {
        try requirePlace(for: demand.newcomer)
        try requireInode(for: demand, space)
        try requireSpace(for: demand, space)
        if let quota {
            try requireQuota(for: demand, quota)
        }
        if let own {
            try requireOwnQuota(for: demand, own)
            try requireOwnFiles(for: demand, own)
        }
        if let newcomer = demand.newcomer {
            given.places += 1
            if let address = newcomer.address {
                places[address, default: 0] += 1
            }
        }
        given.promised += demand.space
        given.claimed += demand.quota
        change(demand.uploader) { use in
            use.claimed += demand.quota
            use.files += demand.uploaderFiles
        }
    }

    /// Takes back what `source` had.
    mutating func giveBack(_ share: Share, of source: UploadSource) {
        given.places -= share.places
        given.promised -= share.promised
        given.claimed -= share.claimed
        change(source.uploader) { use in
            use.claimed -= share.claimed
            use.files -= share.files
        }
        if share.places > 0, let address = source.address {
            let left = places[address, default: 0] - share.places
            places[address] = left > 0 ? left : nil
        }
    }

    /// As `fulfil(stored:)`, for bytes that `uploader` has brought.
    mutating func fulfil(stored: Int64, of uploader: Uploader?) {
        fulfil(stored: stored)
        change(uploader) { $0.stored += stored }
    }

    /// A reading of what the uploader has is about to be taken: what it fulfils from here on is kept until `endReading`.
    mutating func beginReading(of uploader: Uploader?) {
        change(uploader) { $0.readings += 1 }
    }

    /// The reading was judged.
    mutating func endReading(of uploader: Uploader?) {
        change(uploader) { $0.readings -= 1 }
    }

    private mutating func change(_ uploader: Uploader?, _ body: (inout Use) -> Void) {
        guard let uploader, uploader.isCounted else { return }
        var use = uploaders[uploader.id] ?? Use()
        body(&use)
        uploaders[uploader.id] = use.isOver ? nil : use
    }

    /// What a reading of the uploader's bytes is to note, once it has begun.
    func fulfilled(of uploader: Uploader) -> Fulfilled {
        Fulfilled(stored: uploaders[uploader.id]?.stored ?? 0)
    }

    mutating func fulfil(bytes: Int64 = 0, files: Int64 = 0, stored: Int64 = 0) {
        fulfilled.bytes += bytes
        fulfilled.files += files
        fulfilled.stored += stored
    }
}

extension Reservations {
    func requirePlace(for newcomer: UploadSource?) throws(IngestError) {
        guard let newcomer else { return }
        let (limit, limitPerAddress) = (limits.maxConcurrentUploads, limits.maxUploadsPerAddress)
        if limitPerAddress > 0, let address = newcomer.address, places[address, default: 0] >= limitPerAddress {
            throw IngestError(
                .tooManyUploadsFromAddress,
                "Your address has \(limitPerAddress) uploads in flight, as many as this server takes from one.",
                limit: Int64(limitPerAddress)
            )
        }
        if limit > 0, given.places >= limit {
            throw IngestError(
                .tooManyUploads,
                "\(limit) uploads are in flight, as many as this server takes.",
                limit: Int64(limit)
            )
        }
    }

    /// What would forbid an upload of any size now, whoever sends it.
    func obstacles(_ space: SpaceReading, _ quota: QuotaReading?) -> [IngestError] {
        let least = Demand(space: 1, quota: 1)
        var obstacles: [IngestError] = []
        do throws(IngestError) { try requireInode(for: least, space) } catch { obstacles.append(error) }
        do throws(IngestError) { try requireSpace(for: least, space) } catch { obstacles.append(error) }
        if let quota {
            do throws(IngestError) { try requireQuota(for: least, quota) } catch { obstacles.append(error) }
        }
        return obstacles
    }

    /// Every upload in flight has, or is about to make, one file.
    private func requireInode(for demand: Demand, _ reading: SpaceReading) throws(IngestError) {
        guard let floor = limits.inodeFloor(of: reading.space) else { return }
        let uploads = given.places + (demand.newcomer == nil ? 0 : 1)
        let left = Self.left(
            of: reading.space.availableInodes,
            after: [fulfilled.files - reading.before.files, Int64(uploads), floor]
        )
        guard left != nil else {
            throw IngestError(.noInodes, "The filesystem has no inode to spare for this upload.", limit: floor)
        }
    }

    private func requireSpace(for demand: Demand, _ reading: SpaceReading) throws(IngestError) {
        // A filesystem that tells no size, tmpfs with size=0 for one, has none to run out of (tmpfs(5)).
        let isBounded = reading.space.total > 0
        let floor = isBounded ? limits.floor(of: reading.space) : 0
        let left = Self.left(
            of: isBounded ? reading.space.available : .max,
            after: [fulfilled.bytes - reading.before.bytes, given.promised, floor]
        )
        guard let left, demand.space <= left else {
            throw IngestError(
                .noSpace,
                "There is not enough free space for this upload: \(floor) bytes are kept free.",
                limit: floor
            )
        }
    }

    /// The file that is to be replaced does not count against the upload that replaces it, whose name holds one file in
    /// the end; it does against all others, as it may yet stay.
    private func requireQuota(for demand: Demand, _ reading: QuotaReading) throws(IngestError) {
        let stored = reading.stored + fulfilled.stored - reading.before.stored
        guard Self.fits(demand, reading, stored: stored, claimed: given.claimed, of: limits.quota) else {
            throw IngestError(
                .quotaExceeded,
                "The bucket is full: its quota is \(limits.quota) bytes.",
                limit: limits.quota
            )
        }
    }

    private func requireOwnQuota(for demand: Demand, _ reading: QuotaReading) throws(IngestError) {
        guard let uploader = demand.uploader else { return }
        let quota = uploader.quota(under: limits)
        guard quota > 0 else { return }
        let use = uploaders[uploader.id] ?? Use()
        let stored = reading.stored + use.stored - reading.before.stored
        guard Self.fits(demand, reading, stored: stored, claimed: use.claimed, of: quota) else {
            throw IngestError(.quotaExceeded, "Your quota of \(quota) bytes is used up.", limit: quota)
        }
    }

    /// Whether an upload can be worth its bytes; the last word has the ledger, when it records a publication.
    ///
    /// A file is handed over to it before that, and so is never counted twice. What uploads in flight were given they
    /// may give back: only what the ledger has is used up for good.
    private func requireOwnFiles(for demand: Demand, _ reading: QuotaReading) throws(IngestError) {
        guard let uploader = demand.uploader, demand.countsOwnFiles else { return }
        let limit = uploader.maxFiles
        let own = demand.givenFiles + max(demand.uploaderFiles, 1)
        guard reading.files + own <= limit else {
            throw IngestError(
                .forbidden,
                "No more files may be uploaded with this: there are \(limit).",
                limit: Int64(limit)
            )
        }
        let given = uploaders[uploader.id]?.files ?? 0
        guard demand.uploaderFiles == 0 || reading.files + given + demand.uploaderFiles <= limit else {
            throw IngestError(
                .tooManyUploads,
                "What is left of the \(limit) files that may be uploaded with this is in flight.",
                limit: Int64(limit)
            )
        }
    }

    /// Whether the demand fits in a quota of which all have stored and claimed so much: what is the upload's own already,
    /// recorded or claimed, is in both and may be covered by its credit.
    private static func fits(
        _ demand: Demand,
        _ reading: QuotaReading,
        stored: Int64,
        claimed: Int64,
        of quota: Int64
    ) -> Bool {
        let own = demand.claimed + demand.recorded
        let creditLeft = max(0, reading.credit - own)
        guard demand.quota > creditLeft else { return true }
        let left = left(of: quota, after: [max(0, stored - demand.recorded), claimed - demand.claimed])
        let ownBeyond = max(0, own - reading.credit)
        guard let left else { return false }
        return ownBeyond <= left && demand.quota - creditLeft <= left - ownBeyond
    }

    /// What is left of an amount; nil if the parts are more.
    private static func left(of amount: Int64, after parts: [Int64]) -> Int64? {
        var left = amount
        for part in parts {
            guard part <= left else { return nil }
            left -= part
        }
        return left
    }
}
