import Access
import Logging
import ServiceLifecycle
import Threading
import UnixSignals

/// Reads the file of tokens again at each SIGHUP.
struct TokenReload: Service {
    let tokens: TokenStore
    let signals: UnixSignalsSequence
    let logger: Logger

    func run() async throws {
        let threads = BlockingThreads(name: "reload", count: 1)
        for await _ in signals.cancelOnGracefulShutdown() {
            do {
                try await threads.run { () throws(AccessError) in try tokens.reload() }
                let count = tokens.tokens.count
                logger.log(
                    level: count == 0 ? .warning : .notice,
                    "tokens read again",
                    metadata: ["auth.tokens": "\(count)"]
                )
            } catch {
                logger.error("the tokens stay as they were", metadata: ["error": "\(error)"])
            }
        }
    }
}
