import Ingest
import Logging
import ServiceLifecycle

/// Ends unfinished uploads when their time has come.
struct UploadExpiry: Service {
    private static let interval = Duration.seconds(15)
    private static let batchSize = 100

    private let uploads: ResumableUploads
    private let logger: Logger

    init(_ uploads: ResumableUploads, logger: Logger) {
        self.uploads = uploads
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await sweep()
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
}
