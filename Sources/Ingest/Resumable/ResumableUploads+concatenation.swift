package import Logging

extension ResumableUploads {
    /// Bytes of a piece that are copied at a time.
    private static let copySize = 1 << 20

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
        for id in distinct {
            await turns.take(id, interrupt: interrupt)
        }
        defer {
            for id in distinct { turns.leave(id) }
        }
        var lengths: [UploadID: Int64] = [:]
        for id in distinct {
            let record = try await record(id, for: upload.owner)
            guard record.state == .open, record.length == record.offset, try isPiece(record) else {
                throw IngestError(.notFound, "The upload \(id) is no piece, or not whole.")
            }
            lengths[id] = record.offset
        }
        var new = upload
        new.length = try length(of: pieces, lengths)
        let session = try await begin(new, body: nil, from: source, logger: logger, interrupt: interrupt)
        do {
            for piece in pieces {
                try await copy(piece, lengths[piece] ?? 0, into: session)
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

    private func copy(_ piece: UploadID, _ length: Int64, into session: UploadSession) async throws {
        var offset: Int64 = 0
        while offset < length {
            try Task.checkCancellation()
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
