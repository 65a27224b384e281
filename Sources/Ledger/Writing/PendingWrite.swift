import GRDB
import Ingest

/// A mutating call that waits for its transaction.
struct PendingWrite: Sendable {
    /// What became of a write inside the transaction.
    enum Outcome {
        /// Kept if the commit succeeds. To be called then with nil, else with why it failed.
        case done(@Sendable (IngestError?) -> Void)
        /// What it changed must be undone before the caller is answered.
        case failed(any Error, @Sendable () -> Void)
    }

    /// Whether the caller's answer promises that it survives a power cut.
    let isDurable: Bool
    /// Runs in the transaction, and once more in another if the first was lost through a neighbour: it must change
    /// nothing but the database.
    let run: @Sendable (LedgerTransaction) -> Outcome
    /// Answers the caller of a write that was not run or not kept.
    let refuse: @Sendable (IngestError) -> Void

    init<Value: Sendable>(
        isDurable: Bool = true,
        _ body: @escaping @Sendable (LedgerTransaction) throws -> Value,
        continuation: CheckedContinuation<Result<Value, IngestError>, Never>
    ) {
        self.isDurable = isDurable
        run = { transaction in
            do {
                let value = try body(transaction)
                return .done { failure in
                    continuation.resume(returning: failure.map { .failure($0) } ?? .success(value))
                }
            } catch {
                let refusal = IngestError.ledger(error)
                return .failed(error) { continuation.resume(returning: .failure(refusal)) }
            }
        }
        refuse = { continuation.resume(returning: .failure($0)) }
    }
}
