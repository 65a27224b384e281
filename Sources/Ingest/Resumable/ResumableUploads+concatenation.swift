package import Logging
import Threading

extension ResumableUploads {
    /// Bytes of a piece that are copied at a time.
    private static let copySize = 256 << 10

    /// Begins an upload that consists of others, in this order, and has all their bytes when this returns: as `begin`.
    ///
    /// The pieces stay as they are. Throws `.notFound` unless each is whole and `isPiece`.
    package func begin(
        _ upload: NewUpload,
        from pieces: [UploadID],
        isPiece: (UploadRecord) throws -> Bool,
        source: UploadSource,
        logger: Logger,
        interrupt: @escaping @Sendable () -> Void
    ) async throws -> UploadSession {
        // In one order everywhere: two requests that want the same pieces must not wait for each other.
        let distinct = Set(pieces).sorted { $0.rawValue < $1.rawValue }
        let interruption = Interruption(interrupt)
        for id in distinct {
            await turns.take(id, interrupt: interruption.come)
            turns.beginPublishing(id)
        }
        defer {
            for id in distinct { turns.leave(id) }
        }
        var lengths: [UploadID: Int64] = [:]
        for id in distinct {
            let record = try await record(id, for: source.uploader)
            guard record.state == .open, record.length == record.offset, try isPiece(record) else {
                throw IngestError(.notFound, "The upload \(id) is no piece, or not whole.")
            }
            lengths[id] = record.offset
        }
        var new = upload
        new.length = try length(of: pieces, lengths)
        let session = try await begin(new, body: nil, from: source, logger: logger, interrupt: interrupt)
        do {
            try await readers.withPermit {
                for piece in pieces {
                    try await copy(piece, from: 0, to: lengths[piece] ?? 0, into: session, interruption)
                }
            }
            try await session.commit()
            return session
        } catch {
            await session.abandon()
            throw error
        }
    }

    private func length(of pieces: [UploadID], _ lengths: [UploadID: Int64]) throws(IngestError) -> Int64 {
        var sum: Int64 = 0
        for piece in pieces {
            let (next, overflows) = sum.addingReportingOverflow(lengths[piece] ?? 0)
            guard !overflows else { throw IngestError(.tooLarge, "The pieces are too large together.") }
            sum = next
        }
        return sum
    }

    private func copy(
        _ piece: UploadID,
        from start: Int64,
        to length: Int64,
        into session: UploadSession,
        _ interruption: Interruption
    ) async throws {
        var offset = start
        while offset < length {
            try Task.checkCancellation()
            try interruption.check()
            let count = Int(min(Int64(Self.copySize), length - offset))
            let bytes = try await store.read(piece, at: offset, count: count)
            guard bytes.count == count else {
                throw IngestError(.storageFailed, "The upload \(piece) is shorter than it was.")
            }
            try await session.append(bytes[...])
            offset += Int64(count)
        }
    }
}

// MARK: Pieces that are still being sent

extension ResumableUploads {
    /// Whether all of them are whole; throws `.notFound` unless each is there and `isPiece`.
    package func areWhole(
        _ pieces: [UploadID],
        by uploader: Uploader?,
        isPiece: (UploadRecord) throws -> Bool
    ) async throws -> Bool {
        var areWhole = true
        for id in Set(pieces) {
            let record = try await record(id, for: uploader)
            guard record.state == .open, try isPiece(record) else {
                throw IngestError(.notFound, "The upload \(id) is no piece.")
            }
            areWhole = areWhole && record.length == record.offset
        }
        return areWhole
    }

    /// Bytes of all of them; nil unless each is there and its length is known.
    package func length(of pieces: [UploadID]) async throws -> Int64? {
        var lengths: [UploadID: Int64] = [:]
        for id in Set(pieces) {
            guard let length = try await ledger.upload(id)?.length else { return nil }
            lengths[id] = length
        }
        return try length(of: pieces, lengths)
    }

    /// An upload that waits for its pieces, nil for any other; takes no turn, for whoever makes it has that for long.
    package func waiting(_ id: UploadID, by uploader: Uploader?) async throws -> UploadRecord? {
        guard let record = try await ledger.upload(id), record.awaitsPieces, isKnown(record, to: uploader) else {
            return nil
        }
        return record
    }

    /// Uploads whose pieces are all whole by now, after `id` in their order; at most `limit`.
    package func uploadsWithWholePieces(after id: UploadID?, limit: Int) async throws -> [UploadID] {
        try await ledger.uploadsWithWholePieces(after: id, limit: limit)
    }

    /// Ends uploads that can never be made, at most `limit`; how many.
    package func removeUploadsWithLostPieces(limit: Int) async throws -> Int {
        guard intake.health.reason == nil else { return 0 }
        let lost = try await ledger.uploadsWithLostPieces(limit: limit)
        return try await removeAtOnce(lost, because: .cancelled, where: \.awaitsPieces)
    }

    /// Makes an upload of its pieces, which are all whole, going on where an earlier try was cut off: calls `prepare` before
    /// the first byte, and `publish` when all are there.
    ///
    /// It goes on its owner's account, under the owner's limits of now: throws `.forbidden` while the owner may not upload.
    /// Throws `.superseded` when a request wants the upload meanwhile. What was committed stays for the next try, unless the
    /// upload is too large as a whole: then it is over. `aim` as of `resume`.
    package func assemble(
        _ id: UploadID,
        logger: Logger,
        aim: (UploadRecord) throws -> UploadAim = { _ in UploadAim() },
        prepare: (UploadSession) throws -> Void = { _ in },
        publish: (UploadSession) async throws -> Void
    ) async throws {
        guard let record = try await ledger.upload(id), record.awaitsPieces,
            let length = try await length(of: record.pieces)
        else { return }
        let session = try await resume(
            id,
            body: max(0, length - record.offset),
            from: UploadSource(address: nil, uploader: try uploaders.uploader(of: record)),
            logger: logger,
            aim: aim
        ) {}
        guard session.record.awaitsPieces else { return await session.leave() }
        do throws(IngestError) {
            try session.declare(length: length)
        } catch {
            await session.abandon()
            throw error
        }
        do {
            try prepare(session)
            try await copyPieces(into: session)
            try await publish(session)
            await session.leave()
        } catch {
            await session.leave()
            throw error
        }
    }

    private func copyPieces(into session: UploadSession) async throws {
        var behind = session.offset
        for piece in session.record.pieces {
            guard let length = try await ledger.upload(piece)?.length else {
                throw IngestError(.notFound, "The upload \(piece) is gone.")
            }
            let start = min(behind, length)
            behind -= start
            try await copy(piece, from: start, to: length, into: session, session.interruption)
        }
    }
}
