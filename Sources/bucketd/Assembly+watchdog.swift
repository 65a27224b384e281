import Ingest
import Jobs
import Ledger
import MicroHTTP
import Spool
import Telemetry

extension Assembly {
    /// Gives signs of life for as long as storage is healthy and every part answers that serves all; nil where the service
    /// manager does not watch.
    ///
    /// Threads that publish or sync are not asked: they wait for the disk by nature, several at a time, and one of them
    /// that waits for long holds back its own upload alone. What is asked waits for the disk as well, behind a write or a
    /// commit that is under way: a disk that stalls altogether ends the daemon, as one that hangs within it would.
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
