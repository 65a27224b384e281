package import Logging
import ServiceLifecycle
import Threading

/// Sends the service manager a sign of life while the daemon is healthy and each of its watched parts answers.
///
/// List it first in the service group: services stop in reverse order, and a daemon that drains must still be seen to
/// live. An unhealthy verdict, or a part that does not answer, ends the signs; the service manager then ends the process.
package struct SystemdWatchdog: Service {
    private let notifier: SystemdNotifier
    private let timeout: Duration
    private let logger: Logger
    private let parts: [WatchedPart]
    private let isHealthy: @Sendable () async -> Bool

    /// Nil when the service manager does not watch.
    package init?(
        notifier: SystemdNotifier,
        logger: Logger,
        parts: [WatchedPart] = [],
        isHealthy: @escaping @Sendable () async -> Bool
    ) {
        guard let timeout = notifier.watchdogTimeout else { return nil }
        self.notifier = notifier
        self.timeout = timeout
        self.logger = logger
        self.parts = parts
        self.isHealthy = isHealthy
    }

    /// A round of questions every third of the time that the service manager allows.
    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    try await askParts()
                    await ping()
                    try await Task.sleep(for: timeout / 3)
                }
            }
        } catch is CancellationError {
            return
        }
    }

    /// Returns when every part has answered, and says meanwhile which has not.
    ///
    /// A part that hangs cannot be cancelled, so each is asked in a task that nobody waits for, and not again before it
    /// has answered.
    private func askParts() async throws {
        let silent = Locked(Set(parts.map(\.name)))
        let answers = AsyncSemaphore(permits: 0)
        for part in parts {
            Task {
                await part.answer()
                _ = silent.withLock { $0.remove(part.name) }
                answers.signal()
            }
        }
        let report = Task {
            try await Task.sleep(for: timeout / 3)
            let names = silent.withLock { $0.sorted().joined(separator: ", ") }
            logger.error(
                "no sign of life: parts of the daemon do not answer",
                metadata: ["watchdog.silent": "\(names)"]
            )
        }
        defer { report.cancel() }
        for _ in parts { try await answers.wait() }
    }

    private func ping() async {
        guard await isHealthy() else {
            logger.error("health check failed, no sign of life sent to the service manager")
            return
        }
        do {
            try notifier.watchdog()
        } catch {
            logger.error("sign of life not sent", metadata: ["error": "\(error)", "errno": "\(error.errno)"])
        }
    }
}
