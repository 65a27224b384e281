import Glibc

/// How much the fault tests do: what a usual run of all tests has time for, or all there is.
enum FaultScale {
    case usual
    /// `BUCKETD_FAULTS=full`, as `scripts/test --faults` sets it.
    case full

    static let current: Self = variable("BUCKETD_FAULTS") == "full" ? .full : .usual

    /// Of everything that chance decides; `BUCKETD_FAULTS_SEED` repeats a run's.
    static var seed: UInt64 {
        variable("BUCKETD_FAULTS_SEED").flatMap { UInt64($0) } ?? .random(in: .min ... .max)
    }

    /// The most that a test may take.
    var minutes: Int {
        switch self {
        case .usual: 10
        case .full: 30
        }
    }

    /// On each filesystem.
    var powerCuts: Int {
        switch self {
        case .usual: 26
        case .full: 300
        }
    }

    /// Requests of each client.
    var powerCutTurns: Int {
        switch self {
        case .usual: 24
        case .full: 240
        }
    }

    var flushFailureRequests: [FlushFailureTests.Request] {
        switch self {
        case .usual: [.put, .replacement]
        case .full: FlushFailureTests.Request.allCases
        }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }
}
