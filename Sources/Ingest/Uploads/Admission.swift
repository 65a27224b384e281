import Threading

/// Decides whether an upload may begin, by what is promised to those in flight.
///
/// Free space as the kernel tells it does not know what an upload that began a moment ago still has to write. So every
/// upload's remaining bytes are promised to it, and count as taken.
final class Admission: Sendable {
    private struct State {
        var uploads = 0
        var promised: Int64 = 0
        var space: FilesystemSpace?
        var spaceReadAt: ContinuousClock.Instant?
    }

    /// How old a reading of the free space may be: a call to a blocking thread for every small upload would cost more
    /// than the upload.
    private static let spaceLifetime = Duration.milliseconds(250)

    private let store: any UploadStore
    private let ledger: any FileLedger
    private let limits: IngestLimits
    private let state = Locked(State())

    init(store: any UploadStore, ledger: any FileLedger, limits: IngestLimits) {
        self.store = store
        self.ledger = ledger
        self.limits = limits
    }

    var uploadsInFlight: Int { state.withLock { $0.uploads } }

    /// Admits an upload of `length` bytes, if known, or throws the limit that forbids it.
    func admit(length: Int64?) async throws -> Promise {
        if let length, limits.maxUploadSize > 0, length > limits.maxUploadSize {
            throw tooLarge
        }
        let promise = try reserve(length ?? 0)
        do {
            try await requireSpace()
            try await requireQuota()
        } catch {
            promise.release()
            throw error
        }
        return promise
    }

    /// Throws if what is promised, and the floor, no longer fit on the filesystem.
    func requireSpace() async throws {
        let space = try await currentSpace()
        let floor = limits.floor(of: space)
        guard space.available - state.withLock({ $0.promised }) >= floor else {
            throw IngestError(.noSpace, "There is not enough free space for this upload.", limit: floor)
        }
    }

    var tooLarge: IngestError {
        IngestError(
            .tooLarge,
            "The file is larger than this server takes: \(limits.maxUploadSize) bytes.",
            limit: limits.maxUploadSize
        )
    }

    private func requireQuota() async throws {
        guard limits.quota > 0 else { return }
        let stored = try await ledger.storedBytes()
        guard stored + state.withLock({ $0.promised }) <= limits.quota else {
            throw IngestError(
                .quotaExceeded,
                "The bucket is full: its quota is \(limits.quota) bytes.",
                limit: limits.quota
            )
        }
    }

    private func reserve(_ length: Int64) throws(IngestError) -> Promise {
        let isAdmitted = state.withLock { state in
            guard limits.maxConcurrentUploads == 0 || state.uploads < limits.maxConcurrentUploads else { return false }
            state.uploads += 1
            state.promised += length
            return true
        }
        guard isAdmitted else {
            let limit = limits.maxConcurrentUploads
            throw IngestError(
                .busy,
                "\(limit) uploads are in flight, as many as this server takes.",
                limit: Int64(limit)
            )
        }
        return Promise(bytes: length, admission: self)
    }

    private func currentSpace() async throws -> FilesystemSpace {
        let now = ContinuousClock.now
        let known = state.withLock { state in
            state.spaceReadAt.map { now - $0 < Self.spaceLifetime } == true ? state.space : nil
        }
        if let known {
            return known
        }
        let space = try await store.space()
        state.withLock { state in
            state.space = space
            state.spaceReadAt = now
        }
        return space
    }

    fileprivate func keep(_ bytes: Int64) {
        state.withLock { $0.promised -= bytes }
    }

    fileprivate func end(_ bytes: Int64) {
        state.withLock { state in
            state.promised -= bytes
            state.uploads -= 1
        }
    }
}

/// Space promised to one upload, given back as it is written and at the latest with the last reference.
final class Promise: Sendable {
    private let remaining: Locked<Int64?>
    private let admission: Admission

    fileprivate init(bytes: Int64, admission: Admission) {
        remaining = Locked(bytes)
        self.admission = admission
    }

    /// `bytes` of the promise were written: the filesystem counts them from now on.
    func keep(_ bytes: Int64) {
        let kept = remaining.withLock { remaining in
            let kept = min(bytes, remaining ?? 0)
            remaining = remaining.map { $0 - kept }
            return kept
        }
        admission.keep(kept)
    }

    /// The upload ended, one way or the other.
    ///
    /// Idempotent.
    func release() {
        if let left = remaining.withLock({ remaining in
            defer { remaining = nil }
            return remaining
        }) {
            admission.end(left)
        }
    }

    deinit {
        release()
    }
}
