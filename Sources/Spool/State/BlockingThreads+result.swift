import Threading

extension BlockingThreads {
    /// As `run`, with the failure as a value: for callers that must act on both outcomes.
    func result<Success: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Success
    ) async -> Result<Success, Failure> {
        do throws(Failure) {
            return .success(try await run(body))
        } catch {
            return .failure(error)
        }
    }
}
