import Digests
import Ingest
import MicroHTTP

/// The content of one request on its way into an upload that outlives it.
struct SessionContent {
    let body: RequestBody
    let session: UploadSession

    /// Appends all of it; what is beyond the upload's length is not taken, and `.tusExceeded` thrown.
    func append() async throws {
        try await append(to: nil)
    }

    /// As `append`, and computes the content's digests.
    func append(hashing hasher: any ContentHashing) async throws -> [DigestAlgorithm: Digest] {
        try await append(to: hasher)
        return await hasher.finalize()
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
