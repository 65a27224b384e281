package import Digests
package import Logging
import Threading

/// Uploads that outlive their requests, the connection and the process: the one way to begin one and to go on with it.
package final class ResumableUploads: Sendable {
    package let intake: UploadIntake
    let store: any ResumableStore
    let ledger: any UploadLedger
    package let options: ResumableOptions
    let turns: UploadTurns
    /// For what reads uploads again to publish them: each holds a piece of one, which no budget counts.
    let readers: AsyncSemaphore
    private let resting: RestingWriters
    let uploaders: Uploaders
    private let metrics: ResumableMetrics
    private let clock: any WallClock
    private let open: Locked<OpenUploads>

    package init(
        intake: UploadIntake,
        store: any ResumableStore,
        ledger: any UploadLedger,
        clock: any WallClock,
        options: ResumableOptions = ResumableOptions(),
        uploaders: Uploaders = .untold
    ) {
        self.intake = intake
        self.store = store
        self.ledger = ledger
        self.clock = clock
        self.options = options
        self.uploaders = uploaders
        turns = UploadTurns()
        readers = AsyncSemaphore(permits: 16)
        resting = RestingWriters(limit: options.restingWriters)
        metrics = ResumableMetrics()
        open = Locked(OpenUploads())
    }

    /// The same uploads under other limits, those of `intake` and `options`; requests that are under way keep theirs.
    package init(_ other: ResumableUploads, intake: UploadIntake, options: ResumableOptions) {
        self.intake = intake
        self.options = options
        store = other.store
        ledger = other.ledger
        clock = other.clock
        uploaders = other.uploaders
        turns = other.turns
        readers = other.readers
        resting = other.resting
        metrics = other.metrics
        open = other.open
    }

    package var limits: IngestLimits { intake.limits }

    /// Hashes the content of a request besides.
    package func hasher(_ algorithms: Set<DigestAlgorithm>) -> any ContentHashing { store.hasher(algorithms) }

    /// Uploads that are neither complete nor over.
    package var openUploads: Int { open.withLock { $0.total } }
    var nextExpiry: Timestamp { clock.now().advanced(by: options.expireAfter) }

    /// Counts what an earlier process left; to be called once, before anything is begun.
    package func load() async throws {
        try await ledger.forEachPageOfOpenUploads { page in
            change { open in
                for upload in page { open.add(upload) }
            }
        }
    }

    /// Begins an upload and takes the first turn with it: the caller must end with the session's `leave`.
    ///
    /// When it returns, the upload's id may be told. `body` is the length of this request's body, where it is declared.
    /// `interrupt` is called when another request wants the upload; the session is to be left soon then. Throws the limit
    /// that forbids it, also one that is met only when the upload is as long as it is to be.
    package func begin(
        _ upload: NewUpload,
        body: Int64?,
        from source: UploadSource,
        logger: Logger,
        interrupt: @escaping @Sendable () -> Void
    ) async throws -> UploadSession {
        do {
            try intake.health.requireHealthy()
            let maxSize = upload.maxSize ?? self.maxSize(for: source)
            if let length = upload.length {
                try IngestLimits.requireSize(length, atMost: maxSize)
            }
            let promise = Promise(intake.admission, replacing: upload.aim.replaced, from: source)
            try await promise.admit(
                body: upload.length ?? body,
                claim: upload.length ?? 1,
                files: upload.aim.files
            )
            let record = newRecord(of: upload, from: source)
            try take(for: record, from: source)
            do {
                try await watchingForUnknownOutcomes { try await ledger.recordUpload(record) }
            } catch {
                change { $0.end(record) }
                throw error
            }
            let interruption = Interruption(interrupt)
            await turns.take(record.id, interrupt: interruption.come)
            metrics.uploadBegun()
            let session = UploadSession(
                self,
                record,
                maxSize: maxSize,
                promise: promise,
                interruption: interruption,
                logger: logger
            )
            session.compute(upload.digests)
            return session
        } catch {
            intake.metrics.failed(error)
            throw error
        }
    }

    /// Takes the turn with an upload, after the request that has it now: the caller must end with the session's `leave`.
    ///
    /// As `begin`; throws `.notFound` for an upload that the source's uploader may not use, too. `aim` is asked where limits
    /// depend on it. A request for one that is complete takes nothing, and is refused by no limit.
    package func resume(
        _ id: UploadID,
        body: Int64?,
        from source: UploadSource,
        logger: Logger,
        aim: (UploadRecord) throws -> UploadAim = { _ in UploadAim() },
        interrupt: @escaping @Sendable () -> Void
    ) async throws -> UploadSession {
        let interruption = Interruption(interrupt)
        await turns.take(id, interrupt: interruption.come)
        do {
            try intake.health.requireHealthy()
            let record = try await record(id, for: source.uploader)
            // What belongs to nobody goes on nobody's account, whoever goes on with it.
            let source = record.owner == nil ? UploadSource(address: source.address) : source
            let isCounted = limits.quota > 0 || source.uploader?.isCounted == true
            let aim = isCounted && record.state == .open ? try aim(record) : UploadAim()
            let promise = Promise(intake.admission, replacing: aim.replaced, recorded: record.offset, from: source)
            if record.state == .open {
                try await promise.admit(body: body, claim: body ?? 1, files: aim.files)
            }
            metrics.uploadResumed()
            return UploadSession(
                self,
                record,
                maxSize: maxSize(for: source),
                promise: promise,
                interruption: interruption,
                logger: logger
            )
        } catch {
            turns.leave(id)
            intake.metrics.failed(error)
            throw error
        }
    }

    /// What is known of an upload once the request that has it now is through, or makes files of all its bytes.
    package func record(
        of id: UploadID,
        by uploader: Uploader?,
        interrupt: @escaping @Sendable () -> Void
    ) async throws -> UploadRecord {
        guard !turns.isPublishing(id) else { return try await record(id, for: uploader) }
        await turns.take(id, interrupt: interrupt)
        defer { turns.leave(id) }
        return try await record(id, for: uploader)
    }

    /// What a complete upload became, in order: whatever has become of the files since.
    package func files(of id: UploadID) async throws -> [FileRecord] {
        try await ledger.files(of: id).filter { $0.state != .withdrawn }
    }

    /// How much longer the upload is kept if nobody goes on with it.
    package func timeLeft(of record: UploadRecord) -> Duration {
        .milliseconds(max(0, record.expiresAt.milliseconds - clock.now().milliseconds))
    }

    /// Ends an upload, and the request that has it now; what was published stays.
    package func cancel(_ id: UploadID, by uploader: Uploader?, interrupt: @escaping @Sendable () -> Void) async throws
    {
        await turns.take(id, for: .removal, interrupt: interrupt)
        defer { turns.leave(id) }
        let record = try await record(id, for: uploader)
        try await remove(record, writer: nil, because: .cancelled)
    }

    /// Ends all unfinished uploads of an owner who may not upload any more, and the requests that have them now; how many.
    package func removeUploads(of owner: String) async throws -> Int {
        guard intake.health.reason == nil else { return 0 }
        var ids: [UploadID] = []
        try await ledger.forEachPageOfOpenUploads { page in
            ids += page.lazy.filter { $0.owner == owner }.map(\.id)
        }
        var count = try await removeAtOnce(ids, because: .cancelled) { $0.state == .open }
        guard count < ids.count else { return count }
        // Some request had the others.
        for id in ids {
            guard try await ledger.upload(id)?.state == .open else { continue }
            await turns.take(id, for: .removal) {}
            defer { turns.leave(id) }
            guard let record = try await ledger.upload(id), record.state == .open else { continue }
            try await remove(record, writer: nil, because: .cancelled)
            count += 1
        }
        return count
    }

    /// Ends uploads whose time has come, at most `limit` of them; how many.
    package func removeExpired(limit: Int) async throws -> Int {
        guard intake.health.reason == nil else { return 0 }
        let now = clock.now()
        try await watchingForUnknownOutcomes {
            try await ledger.putOffExpiry(ofUploadsWithPiecesBefore: now.advanced(by: .seconds(60)))
        }
        let expired = try await ledger.uploads(expiredBy: now, excluding: turns.taken, limit: limit)
        // A request may have had it meanwhile.
        return try await removeAtOnce(expired, because: .expired) { $0.expiresAt <= now }
    }

    /// Whether there is a place for one more of `source` now; who comes first has it.
    package func hasPlace(for source: UploadSource) -> Bool {
        open.withLock { open in
            do throws(IngestError) {
                try open.requirePlace(for: source, options)
                return true
            } catch {
                return false
            }
        }
    }

    /// Bytes of one file; 0: any number.
    package func maxSize(for source: UploadSource) -> Int64 {
        limits.limits(for: source.uploader).maxUploadSize
    }

    private func newRecord(of upload: NewUpload, from source: UploadSource) -> UploadRecord {
        // What waits for others has no byte of its own for long.
        let lifetime = upload.pieces.isEmpty ? options.expireNewAfter : options.expireAfter
        return UploadRecord(
            id: .random(),
            length: upload.length,
            owner: source.uploader?.id,
            request: upload.request,
            pieces: upload.pieces,
            source: source.address,
            createdAt: clock.now(),
            expiresAt: clock.now().advanced(by: lifetime)
        )
    }

    /// The only rule on who may use an upload.
    func isKnown(_ record: UploadRecord, to uploader: Uploader?) -> Bool {
        guard record.expiresAt > clock.now() else { return false }
        return record.owner == uploader?.id || (record.owner == nil && uploader?.reachesUnowned == true)
    }

    func record(_ id: UploadID, for uploader: Uploader?) async throws -> UploadRecord {
        guard let record = try await ledger.upload(id), isKnown(record, to: uploader) else {
            throw IngestError(.notFound, "There is no such upload.")
        }
        // The ledger may know of a publication whose outcome nobody does.
        if record.state == .complete, intake.health.reason != nil,
            try await ledger.files(of: id).contains(where: { $0.state == .publishing })
        {
            throw IngestError(.unhealthy, "Whether the upload was published is unknown until the server's next start.")
        }
        return record
    }

    /// Without knowing what a commit has kept, nothing more may be written.
    func watchingForUnknownOutcomes<Value: Sendable>(_ call: () async throws -> Value) async throws -> Value {
        do {
            return try await call()
        } catch let error as IngestError where error.code == .outcomeUnknown {
            intake.health.fail("a commit has an unknown outcome: \(error)")
            throw error
        }
    }

    private func take(for upload: UploadRecord, from source: UploadSource) throws(IngestError) {
        let total = try open.withLock { open throws(IngestError) in
            try open.begin(upload, from: source, options)
            return open.total
        }
        metrics.counted(total)
    }

    private func change(_ body: (inout OpenUploads) -> Void) {
        let total = open.withLock { open in
            body(&open)
            return open.total
        }
        metrics.counted(total)
    }
}

// MARK: For sessions

extension ResumableUploads {
    /// The writer of an upload whose turn the caller has.
    ///
    /// It computes `digests` besides SHA-256, over the whole upload: what it has not seen it reads again.
    func writer(of record: UploadRecord, computing digests: Set<DigestAlgorithm>) async throws
        -> any ResumableWriting
    {
        if let writer = resting.take(record.id, computing: digests) {
            return writer
        }
        return try await store.resume(record.id, at: record.offset, digests: digests)
    }

    /// The turn is over; `writer` rests, and has nothing that is not secured.
    func leave(_ id: UploadID, resting writer: (any ResumableWriting)?, computing digests: Set<DigestAlgorithm>) {
        if let writer {
            resting.put(writer, computing: digests, of: id)
        }
        turns.leave(id)
    }

    /// Forgets the upload and what the spool has of it; `writer` is the one that the caller has, if any.
    func remove(
        _ record: UploadRecord,
        writer: (any ResumableWriting)?,
        because end: ResumableMetrics.End
    ) async throws {
        try await watchingForUnknownOutcomes { try await ledger.removeUploads([record.id]) }
        await forget(record, writer: writer, because: end)
    }

    /// The same in one transaction for those that no request has now and for which `isOver` holds; how many.
    func removeAtOnce(
        _ ids: [UploadID],
        because end: ResumableMetrics.End,
        where isOver: (UploadRecord) -> Bool
    ) async throws -> Int {
        let taken = ids.filter(turns.takeNow)
        defer {
            for id in taken { turns.leave(id) }
        }
        var records: [UploadRecord] = []
        for id in taken {
            if let record = try await ledger.upload(id), isOver(record) { records.append(record) }
        }
        guard !records.isEmpty else { return 0 }
        // Rows first: a row whose bytes are gone would be taken for a loss.
        try await watchingForUnknownOutcomes { try await ledger.removeUploads(records.map(\.id)) }
        for record in records {
            await forget(record, writer: nil, because: end)
        }
        return records.count
    }

    private func forget(
        _ record: UploadRecord,
        writer: (any ResumableWriting)?,
        because end: ResumableMetrics.End
    ) async {
        if let writer = writer ?? resting.take(record.id) {
            await writer.discard()
        } else if record.state == .open {
            await store.remove(record.id)
        }
        if record.state == .open {
            ended(end, record)
        }
    }

    func ended(_ end: ResumableMetrics.End, _ record: UploadRecord) {
        change { $0.end(record) }
        metrics.uploadEnded(end)
    }
}
