import Threading

/// Decides whether an upload may begin or go on, by what is promised to those in flight.
///
/// Free space as the kernel tells it does not know what an upload that began a moment ago still has to write, nor the
/// ledger what is not published yet. So readings come first, and are then compared with all promises and added to them
/// in one step.
///
/// Several of them may share one account, each with the limits of its time.
final class Admission: Sendable {
    typealias Share = Reservations.Share
    typealias Demand = Reservations.Demand

    private struct State {
        var reservations: Reservations
        var space: Reservations.SpaceReading?
    }

    /// How old a reading of the free space may be: a call to a blocking thread for every small upload would cost more
    /// than the upload.
    private static let spaceLifetime = Duration.milliseconds(250)

    let limits: IngestLimits
    private let store: any UploadStore
    private let ledger: any FileLedger
    private let release: QuotaRelease
    private let state: Locked<State>

    init(store: any UploadStore, ledger: any FileLedger, limits: IngestLimits, release: QuotaRelease) {
        self.store = store
        self.ledger = ledger
        self.limits = limits
        self.release = release
        state = Locked(State(reservations: Reservations(limits: limits)))
    }

    /// The same account under other limits.
    init(_ other: Admission, limits: IngestLimits) {
        self.limits = limits
        store = other.store
        ledger = other.ledger
        release = other.release
        state = other.state
    }

    init(comparingFor admission: Admission, store: any UploadStore, limits: IngestLimits) {
        self.store = store
        self.limits = limits
        ledger = admission.ledger
        release = admission.release
        state = Locked(State(reservations: Reservations(limits: limits)))
    }

    var uploadsInFlight: Int { given.places }

    /// What all uploads have together.
    var given: Share { state.withLock { $0.reservations.given } }

    /// Gives all of `wanted`, or where that is too much all of `least`; or throws the limit that forbids it.
    ///
    /// `replaced` is the name whose file the upload is to replace.
    func reserve(
        _ wanted: Demand,
        orAtLeast least: Demand? = nil,
        replacing replaced: BucketPath?
    ) async throws -> Demand {
        switch try takeOrLook(wanted, least, replacing: replaced) {
        case .taken(let demand): demand
        case .looking(let look):
            // Nobody waits for what a client that left had asked for.
            try await withTaskCancellationHandler {
                try await look.value
            } onCancel: {
                look.cancel()
            }
        }
    }

    private enum Taking {
        case taken(Demand)
        case looking(Task<Demand, any Error>)
    }

    /// A task keeps the stack of its deepest call until it ends, and an upload's may live for hours: the looks at the disk
    /// and the ledger have one of their own, and what decides about them is not on it either.
    @inline(never)
    private func takeOrLook(_ wanted: Demand, _ least: Demand?, replacing replaced: BucketPath?) throws -> Taking {
        try state.withLock { state throws(IngestError) in
            state.reservations.limits = limits
            try state.reservations.requirePlace(for: wanted.newcomer)
        }
        if let taken = try takeKnowing(wanted, least) { return .taken(taken) }
        return .looking(Task { try await reserveLooking(wanted, least, replacing: replaced) })
    }

    /// Nil if that takes a look at the disk or the ledger.
    private func takeKnowing(_ wanted: Demand, _ least: Demand?) throws(IngestError) -> Demand? {
        guard limits.quota == 0, !wanted.countsOwnBytes(under: limits), !wanted.countsOwnFiles, let knownSpace else {
            return nil
        }
        do {
            return try take(wanted, least, knownSpace, QuotaReadings())
        } catch {
            // The reading may be from before others gave something back.
            guard Self.mayHavePassed(error) else { throw error }
            return nil
        }
    }

    private func reserveLooking(_ wanted: Demand, _ least: Demand?, replacing replaced: BucketPath?) async throws
        -> Demand
    {
        do {
            return try await takeReading(wanted, least, replacing: replaced, isFresh: false)
        } catch let error as IngestError where Self.mayHavePassed(error) {
            // As above: one more look.
        }
        do {
            return try await takeReading(wanted, least, replacing: replaced, isFresh: true)
        } catch let error as IngestError where error.code == .quotaExceeded {
            return try await reserveReleased(wanted, least, replacing: replaced, otherwise: error)
        }
    }

    private func takeReading(_ wanted: Demand, _ least: Demand?, replacing replaced: BucketPath?, isFresh: Bool)
        async throws -> Demand
    {
        state.withLock { $0.reservations.beginReading(of: wanted.uploader) }
        defer { state.withLock { $0.reservations.endReading(of: wanted.uploader) } }
        let space = try await space(isFresh: isFresh)
        return try take(wanted, least, space, try await quotas(for: wanted, replacing: replaced))
    }

    /// Once more, with the quota of what watchers took away.
    private func reserveReleased(
        _ wanted: Demand,
        _ least: Demand?,
        replacing replaced: BucketPath?,
        otherwise error: IngestError
    ) async throws -> Demand {
        // No file that goes makes room for more than the quota.
        guard (least ?? wanted).quota <= error.limit ?? 0 else { throw error }
        let taken = try await release.run { () -> Demand? in
            do {
                return try await takeReading(wanted, least, replacing: replaced, isFresh: true)
            } catch let error as IngestError where error.code == .quotaExceeded {
                return nil
            }
        }
        guard let taken else {
            var error = error
            error.retryAfter = release.timeToNextRun
            throw error
        }
        return taken
    }

    /// What would forbid an upload of any size now; throws what the look at disk or ledger throws.
    func obstacles() async throws -> [IngestError] {
        let space = try await space(isFresh: false)
        let quota = try await quotas(for: Demand(), replacing: nil).bucket
        return state.withLock { state in
            state.reservations.limits = limits
            return state.reservations.obstacles(space, quota)
        }
    }

    func giveBack(_ share: Share, of source: UploadSource) {
        state.withLock { $0.reservations.giveBack(share, of: source) }
    }

    /// The filesystem counts `bytes` more, of which `promised` were promised to `source`.
    func fulfil(bytes: Int64, promised: Int64, of source: UploadSource) {
        state.withLock { state in
            state.reservations.giveBack(Share(promised: promised), of: source)
            state.reservations.fulfil(bytes: bytes)
        }
    }

    /// An upload has its file.
    func fulfilFile() {
        state.withLock { $0.reservations.fulfil(files: 1) }
    }

    /// The ledger counts what was claimed in `share`.
    func fulfilStored(_ share: Share, of source: UploadSource) {
        state.withLock { state in
            state.reservations.giveBack(share, of: source)
            state.reservations.fulfil(stored: share.claimed, of: source.uploader)
        }
    }

    /// An upload that was admitted has failed with `error`.
    ///
    /// A disk that had no space for it, or no inode, disproves the last reading: those that come next are refused by a new
    /// one, before they send anything.
    func failed(_ error: any Error) {
        guard let error = error as? IngestError, error.code == .noSpace, error.cause != nil else { return }
        state.withLock { $0.space = nil }
    }

    private static func mayHavePassed(_ error: IngestError) -> Bool {
        [.noSpace, .noInodes, .quotaExceeded].contains(error.code)
    }

    private func take(
        _ wanted: Demand,
        _ least: Demand?,
        _ space: Reservations.SpaceReading,
        _ quotas: QuotaReadings
    ) throws(IngestError) -> Demand {
        try state.withLock { state throws(IngestError) in
            state.reservations.limits = limits
            do throws(IngestError) {
                try state.reservations.reserve(wanted, space, quotas.bucket, own: quotas.uploader)
                return wanted
            } catch {
                guard let least else { throw error }
                try state.reservations.reserve(least, space, quotas.bucket, own: quotas.uploader)
                return least
            }
        }
    }

    /// The last reading of the free space, if it is young enough.
    private var knownSpace: Reservations.SpaceReading? {
        guard let known = state.withLock({ $0.space }), .now - known.time < Self.spaceLifetime else { return nil }
        return known
    }

    private func space(isFresh: Bool) async throws -> Reservations.SpaceReading {
        if !isFresh, let knownSpace { return knownSpace }
        let now = ContinuousClock.now
        let before = state.withLock { $0.reservations.fulfilled }
        let reading = Reservations.SpaceReading(space: try await store.space(), before: before, time: now)
        state.withLock { state in
            if state.space.map({ $0.time < now }) ?? true {
                state.space = reading
            }
        }
        return reading
    }

    /// What is stored in the bucket, and of the uploader; nil without a quota.
    private struct QuotaReadings {
        var bucket: Reservations.QuotaReading?
        var uploader: Reservations.QuotaReading?
    }

    private func quotas(for demand: Demand, replacing replaced: BucketPath?) async throws -> QuotaReadings {
        let countsOwnBytes = demand.countsOwnBytes(under: limits)
        let isCounted = countsOwnBytes || demand.countsOwnFiles
        guard limits.quota > 0 || isCounted else { return QuotaReadings() }
        var readings = QuotaReadings()
        if limits.quota > 0 {
            let before = state.withLock { $0.reservations.fulfilled }
            let stored = try await ledger.storedBytes()
            readings.bucket = Reservations.QuotaReading(stored: stored, credit: 0, before: before)
        }
        if let uploader = demand.uploader, isCounted {
            let before = state.withLock { $0.reservations.fulfilled(of: uploader) }
            var reading = Reservations.QuotaReading(stored: 0, credit: 0, before: before)
            if countsOwnBytes { reading.stored = try await ledger.storedBytes(of: uploader.id) }
            if demand.countsOwnFiles { reading.files = try await ledger.publishedFiles(of: uploader.id) }
            readings.uploader = reading
        }
        // In this order: a file that goes meanwhile is counted and not credited, one that comes is fulfilled since.
        if let replaced, let record = try await ledger.file(at: replaced), record.state.holdsName,
            record.state != .deleting
        {
            readings.bucket?.credit = record.identity.size
            if record.owner == demand.uploader?.id { readings.uploader?.credit = record.identity.size }
        }
        return readings
    }
}
