import Ingest
import Ledger
import Threading
import UploadAPI

/// Why uploads would be refused now, whoever sent them.
struct Readiness: Sendable {
    let intake: UploadIntake
    let ledger: LedgerDatabase
    let health: Health
    /// When a write may be tried again; nil while one is.
    private let nextTry: Locked<ContinuousClock.Instant?>
    private static let interval = Duration.milliseconds(200)

    init(_ intake: UploadIntake, _ ledger: LedgerDatabase, _ health: Health) {
        self.intake = intake
        self.ledger = ledger
        self.health = health
        nextTry = Locked(.now)
    }

    func obstacles() async -> [Obstacle] {
        var obstacles: [Obstacle] = []
        if let reason = health.reason {
            obstacles.append(Obstacle(code: "unhealthy", reason: reason))
        } else {
            if let obstacle = ledger.obstacle { obstacles.append(Obstacle(obstacle)) }
            tryToWrite()
        }
        for error in await intake.obstacles() where !obstacles.contains(where: { $0.code == Obstacle(error).code }) {
            obstacles.append(Obstacle(error))
        }
        return obstacles
    }

    /// A server that nobody writes to would not find out that it cannot write, nor that it can again; whoever asks next is
    /// told what comes of it.
    ///
    /// A transaction that changes nothing: it waits for locks, and syncs nothing. Whether a full disk has space again
    /// only one can tell that writes.
    private func tryToWrite() {
        let isDue = nextTry.withLock { nextTry in
            guard let time = nextTry, time <= .now else { return false }
            nextTry = nil
            return true
        }
        guard isDue else { return }
        Task {
            do {
                if ledger.obstacle?.code == .noSpace {
                    try await ledger.tryWriting()
                } else {
                    await ledger.answer()
                }
            } catch {
                // The ledger has recorded it.
            }
            nextTry.withLock { $0 = .now + Self.interval }
        }
    }
}
