import Threading

/// Decides whether an upload may begin, by what is promised to those in flight.
///
/// Free space as the kernel tells it does not know what an upload that began a moment ago still has to write. So every
/// upload's remaining bytes are promised to it, and count as taken.
final class Admission: Sendable {
    /// What an upload has of what there is.
    struct Share {
        var places = 0
        var promised: Int64 = 0
        var claimed: Int64 = 0
    }

    private struct State {
        var uploads = 0
        var promised: Int64 = 0
        /// Bytes of open uploads, written or declared, which the ledger does not count yet.
        var claimed: Int64 = 0
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

    /// Throws if what is stored and what open uploads claim exceed the quota.
    func requireQuota() async throws {
        guard limits.quota > 0 else { return }
        let stored = try await ledger.storedBytes()
        guard stored + state.withLock({ $0.claimed }) <= limits.quota else {
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
            state.claimed += length
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

    func giveBack(_ share: Share) {
        state.withLock { state in
            state.uploads -= share.places
            state.promised -= share.promised
            state.claimed -= share.claimed
            if share.promised >= 8 << 20 {
                // A reading from before these bytes were reserved would admit too much.
                state.spaceReadAt = nil
            }
        }
    }
}
