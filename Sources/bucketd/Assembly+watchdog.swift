import Ingest
import Jobs
import Ledger
import MicroHTTP
import Spool
import Telemetry

extension Assembly {
    /// Gives signs of life for as long as storage is healthy and every part answers that could hang; nil where the service
    /// manager does not watch.
    func watchdog(
        _ notifier: SystemdNotifier?,
        _ storage: Storage,
        _ background: Background,
        _ server: HTTPServer
    ) -> SystemdWatchdog? {
        guard let notifier else { return nil }
        let parts = [
            WatchedPart("http") { await server.answer() },
            WatchedPart("disk") { await storage.spool.answer() },
            WatchedPart("ledger") { await storage.ledger.answer() },
            WatchedPart("jobs") { await background.runner.answer() },
        ]
        return SystemdWatchdog(notifier: notifier, logger: logger, parts: parts) { [health] in health.reason == nil }
    }
}
