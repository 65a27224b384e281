import Threading

/// Whether the daemon may still promise anything.
///
/// After a failed sync or commit a second try that succeeds proves nothing: the kernel drops the failed pages (fsync(2),
/// NOTES). So there is no way back to healthy but a restart.
package final class Health: Sendable {
    private let failure = Locked<String?>(nil)

    package init() {}

    /// The first failure, or nil.
    package var reason: String? { failure.withLock { $0 } }

    package func fail(_ reason: String) {
        failure.withLock { $0 = $0 ?? reason }
    }

    /// Called by whatever is about to write.
    package func requireHealthy() throws(IngestError) {
        guard reason == nil else {
            throw IngestError(
                .unhealthy,
                "The server's storage has failed; it takes no more writes until it is restarted."
            )
        }
    }
}
