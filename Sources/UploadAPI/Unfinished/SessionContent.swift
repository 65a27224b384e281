import Digests
import Ingest
import MicroHTTP

/// The content of one request on its way into an upload that outlives it.
struct SessionContent {
    let body: RequestBody
    let session: UploadSession
    let check: ContentCheck
    /// Told after each piece how many bytes are on stable storage.
    var report: ((Int64) -> Void)?

    /// Appends all of it.
    ///
    /// What is checked is held back by the session until it has been found right. Of what is beyond the upload's length
    /// nothing is taken, and `.exceeded` thrown (`UploadLength.Violation`).
    func receive(_ uploads: ResumableUploads) async throws {
        let algorithms = check.algorithms
        guard !algorithms.isEmpty else { return try await append(to: nil) }
        session.holdBack()
        let hasher = uploads.hasher(algorithms)
        try await append(to: hasher)
        try check.verify(await hasher.finalize(), trailers: body.trailers)
    }

    /// On the thread that writes, once it is known.
    private func append(to hasher: (any ContentHashing)?) async throws {
        while try await withTaskExecutorPreference(session.executor, operation: { try await appendPart(to: hasher) }) {}
    }

    /// As long as it is written in the same place; whether there is more.
    private func appendPart(to hasher: (any ContentHashing)?) async throws -> Bool {
        let place = session.executor
        repeat {
            guard let chunk = try await body.next() else { return false }
            let room = session.record.length.map { $0 - session.offset } ?? .max
            let taken = chunk.prefix(Int(clamping: room))
            await hasher?.update(taken)
            try await session.append(taken)
            guard taken.count == chunk.count else { throw UploadLength.Violation.exceeded }
            report?(session.record.offset)
        } while session.executor === place
        return true
    }
}
