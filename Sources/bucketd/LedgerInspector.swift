import Ledger
import ServiceLifecycle

/// Has the ledger read once after each start: damage that nothing has met yet is found while it can be repaired.
struct LedgerInspector: Service {
    private let ledger: LedgerDatabase

    init(_ ledger: LedgerDatabase) {
        self.ledger = ledger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown { [ledger] in
            await ledger.inspect()
        }
        // A service that ends would end the others; this one is through, whatever ends the wait.
        try? await gracefulShutdown()
    }
}
