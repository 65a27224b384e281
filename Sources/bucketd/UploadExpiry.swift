import Access
import Ingest
import Logging
import ServiceLifecycle
import UploadAPI

/// Ends unfinished uploads, and forgets requests with a key, when their time has come.
struct UploadExpiry: Service {
    private static let interval = Duration.seconds(15)
    private static let batchSize = 100
    private static let requestBatchSize = 1000

    private let handling: Replaceable<RequestHandling>
    private let tickets: Tickets?
    private let logger: Logger

    init(_ handling: Replaceable<RequestHandling>, _ tickets: Tickets?, logger: Logger) {
        self.handling = handling
        self.tickets = tickets
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let current = handling.value
                await sweep(current.uploads)
                await forget(current.requests)
                await forgetTickets()
                current.service.retryAssembly()
                // Ends early only to stop.
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    private func sweep(_ uploads: ResumableUploads) async {
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

    private func forgetTickets() async {
        do {
            let removed = try await tickets?.removeExpired() ?? 0
            guard removed > 0 else { return }
            logger.debug("expired tickets are forgotten", metadata: ["tickets": "\(removed)"])
        } catch {
            logger.warning("expired tickets could not be forgotten", metadata: ["error": "\(error)"])
        }
    }

    private func forget(_ requests: IdempotentRequests) async {
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
