import Ingest

extension FaultPlan {
    /// A transaction that fails, or waits, where the plan says so.
    func transaction<Value: Sendable>(
        _ call: LedgerCall,
        _ body: () async throws -> Value
    ) async throws -> Value {
        switch await verdict(handingIn: call) {
        case nil:
            break
        case .nothingChanged(let error):
            throw error
        case .outcomeUnknown(let isKept):
            if isKept {
                _ = try await body()
            }
            throw Self.unknown
        }
        let value = try await body()
        if let error = await verdict(answering: call) {
            throw error
        }
        return value
    }
}
