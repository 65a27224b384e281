import Ingest
import Ledger
import Threading
import UploadAPI

/// Why uploads would be refused now, whoever sent them.
struct Readiness: Sendable {
    let intake: UploadIntake
    let ledger: LedgerDatabase
    let health: Health
    /// Whether a write is being tried.
    private let isTrying: Locked<Bool>

    init(_ intake: UploadIntake, _ ledger: LedgerDatabase, _ health: Health) {
        self.intake = intake
        self.ledger = ledger
        self.health = health
        isTrying = Locked(false)
    }

    func obstacles() async -> [Obstacle] {
        var obstacles: [Obstacle] = []
        if let reason = health.reason {
            obstacles.append(Obstacle(code: "unhealthy", reason: reason))
        } else if let obstacle = ledger.obstacle {
            obstacles.append(Obstacle(obstacle))
            tryAgain()
        }
        for error in await intake.obstacles() where !obstacles.contains(where: { $0.code == Obstacle(error).code }) {
            obstacles.append(Obstacle(error))
        }
        return obstacles
    }

    /// A server that nobody writes to, because it is not ready, would not find out that it is again.
    private func tryAgain() {
        let isFirst = isTrying.withLock { isTrying in
            defer { isTrying = true }
            return !isTrying
        }
        guard isFirst else { return }
        Task {
            // Success and failure are recorded by the ledger.
            try? await ledger.flush()
            isTrying.withLock { $0 = false }
        }
    }
}
