package import Ingest
package import Logging

/// What the ledger needs of the daemon around it.
package struct LedgerEnvironment: Sendable {
    package var health: Health
    package var clock: any WallClock
    package var planner: any JobPlanner
    /// Called after each commit that made jobs ready, before its callers are answered, on the writer's thread: it must
    /// not block.
    package var onJobsReady: @Sendable () -> Void
    package var logger: Logger

    package init(
        health: Health,
        clock: any WallClock,
        planner: any JobPlanner,
        logger: Logger = Logger(label: "bucketd.ledger"),
        onJobsReady: @escaping @Sendable () -> Void = {}
    ) {
        self.health = health
        self.clock = clock
        self.planner = planner
        self.logger = logger
        self.onJobsReady = onJobsReady
    }

    /// What is written to a damaged ledger may be lost with it: no more of that, until it is repaired.
    func reportDamage(of file: String, _ cause: String) {
        guard health.reason == nil else { return }
        health.fail("The ledger is damaged: stop the daemon and run “bucketd check --repair”.")
        logger.critical(
            "the ledger is damaged: stop the daemon and run “bucketd check --repair”",
            metadata: ["ledger.file": "\(file)", "error": "\(cause)"]
        )
    }
}
