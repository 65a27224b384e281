import SystemPackage

/// A server, or what stands in for one.
protocol Contestant: Sendable {
    /// What the tables call it.
    var name: String { get }
    /// Nil if it cannot be sent this workload.
    func measure(_ workload: Workload, in directory: FilePath) async throws -> Measurement?
}

/// Of a peer that scripts/bench has not installed.
struct NotInstalled: Error {
    let program: String
}
