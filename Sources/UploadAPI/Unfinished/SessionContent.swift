import Digests
import Ingest
import MicroHTTP

/// The content of one request on its way into an upload that outlives it.
struct SessionContent {
    let body: RequestBody
    let session: UploadSession

    /// Appends all of it and makes it safe.
    ///
    /// What came before the client left, another request took over, a limit was met or the upload's length was exceeded
    /// is kept; `.tusExceeded` is thrown for the last.
    func receive() async throws {
        do {
            try await append(to: nil)
        } catch {
            await session.commitWhatCame()
            throw error
        }
        try await session.commit()
    }

    /// As `receive`, but keeps nothing unless `isRight` says so of the content's digests, once its end is there.
    ///
    /// Returns whether it was kept.
    func receive(
        hashing hasher: any ContentHashing,
        isRight: ([DigestAlgorithm: Digest]) throws -> Bool
    ) async throws -> Bool {
        session.holdBack()
        try await append(to: hasher)
        guard try isRight(await hasher.finalize()) else { return false }
        try await session.commit()
        return true
    }

    private func append(to hasher: (any ContentHashing)?) async throws {
        for try await chunk in body {
            let room = session.record.length.map { $0 - session.offset } ?? .max
            let taken = chunk.prefix(Int(clamping: room))
            await hasher?.update(taken)
            try await session.append(taken)
            guard taken.count == chunk.count else { throw Problem.tusExceeded(session.offset) }
        }
    }
}
