import Ingest
import Logging

/// Uploads that were to be made of pieces before all of these were whole.
extension TusUploads {
    private static let pageSize = 100

    /// Makes them when their pieces are, also those that an earlier process left; until it is cancelled.
    ///
    /// `current` is what has taken the place of these by then.
    func assemble(logger: Logger, by current: @Sendable () -> TusUploads) async {
        wakes.continuation.yield()
        for await _ in wakes.stream {
            await current().assembleAll(logger: logger)
        }
    }

    /// Makes those whose pieces are all whole; what fails stays for the next time.
    func assembleAll(logger: Logger) async {
        do {
            let lost = try await uploads.removeUploadsWithLostPieces(limit: Self.pageSize)
            if lost > 0 {
                logger.info("uploads ended with their pieces", metadata: ["uploads": "\(lost)"])
            }
            var last: UploadID?
            while !Task.isCancelled {
                let page = try await uploads.uploadsWithWholePieces(after: last, limit: Self.pageSize)
                for id in page where !Task.isCancelled { await assemble(id, logger) }
                guard page.count == Self.pageSize else { return }
                last = page.last
            }
        } catch {
            logger.warning("uploads of pieces could not be looked up", metadata: ["error": "\(error)"])
        }
    }

    private func assemble(_ id: UploadID, _ logger: Logger) async {
        do {
            try await uploads.assemble(
                id,
                logger: logger,
                aim: { try self.aim(of: $0) },
                prepare: { session in
                    session.compute(try StoredRequest(session.record).digests())
                },
                publish: { session in
                    let stored = try StoredRequest(session.record)
                    let intent = try intent(of: stored, stored.headers(), length: session.record.length)
                    _ = try await session.publish(intent)
                }
            )
        } catch is CancellationError {
            // The daemon stops.
        } catch {
            // It is tried again and again: a line each would be one every few seconds for a full disk.
            let isFailure = (error as? IngestError)?.code == .storageFailed
            logger.log(
                level: isFailure ? .warning : .debug,
                "an upload of pieces could not be made",
                metadata: ["upload.id": "\(id)", "error": "\(error)"]
            )
        }
    }
}
