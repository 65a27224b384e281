package import Logging
import ServiceLifecycle

/// Sends the service manager a sign of life while the daemon is healthy.
///
/// List it first in the service group: services stop in reverse order, and a daemon that drains must still be seen to
/// live. An unhealthy answer, or a check that hangs, ends the signs; the service manager then ends the process.
package struct SystemdWatchdog: Service {
    private let notifier: SystemdNotifier
    private let timeout: Duration
    private let logger: Logger
    private let isHealthy: @Sendable () async -> Bool

    /// Nil when the service manager does not watch.
    package init?(notifier: SystemdNotifier, logger: Logger, isHealthy: @escaping @Sendable () async -> Bool) {
        guard let timeout = notifier.watchdogTimeout else { return nil }
        self.notifier = notifier
        self.timeout = timeout
        self.logger = logger
        self.isHealthy = isHealthy
    }

    package func run() async throws {
        do {
            try await cancelWhenGracefulShutdown {
                while true {
                    await ping()
                    try await Task.sleep(for: timeout / 3)
                }
            }
        } catch is CancellationError {
            return
        }
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
