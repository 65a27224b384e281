import Ingest
import Logging
import ServiceLifecycle

/// Ends unfinished uploads, and forgets requests with a key, when their time has come.
struct UploadExpiry: Service {
    private static let interval = Duration.seconds(15)
    private static let batchSize = 100
    private static let requestBatchSize = 1000

    private let uploads: ResumableUploads
    private let requests: IdempotentRequests
    private let sweepEnded: @Sendable () -> Void
    private let logger: Logger

    /// `sweepEnded` is called after each.
    init(
        _ uploads: ResumableUploads,
        _ requests: IdempotentRequests,
        logger: Logger,
        sweepEnded: @escaping @Sendable () -> Void
    ) {
        self.uploads = uploads
        self.requests = requests
        self.sweepEnded = sweepEnded
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
                await forget()
                sweepEnded()
                // Ends early only to stop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func sweep() async {
        do {
            while !Task.isCancelled {
                let removed = try await uploads.removeExpired(limit: Self.batchSize)
                guard removed > 0 else { return }
                logger.info("unfinished uploads expired", metadata: ["uploads": "\(removed)"])
            }
        } catch {
            logger.warning("unfinished uploads could not be ended", metadata: ["error": "\(error)"])
        }
    }

    private func forget() async {
        do {
            while !Task.isCancelled {
                let removed = try await requests.removeExpired(limit: Self.requestBatchSize)
                guard removed > 0 else { return }
                logger.debug("requests with a key are forgotten", metadata: ["requests": "\(removed)"])
            }
        } catch {
            logger.warning("requests with a key could not be forgotten", metadata: ["error": "\(error)"])
        }
    }
}
