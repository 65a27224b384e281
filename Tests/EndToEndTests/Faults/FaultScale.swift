import Glibc

/// How much the fault tests do: what a usual run of all tests has time for, or all there is.
enum FaultScale {
    case usual
    /// `BUCKETD_FAULTS=full`, as `scripts/test --faults` sets it.
    case full

    static let current: Self = variable("BUCKETD_FAULTS") == "full" ? .full : .usual

    /// Of everything that chance decides; printed, and `BUCKETD_FAULTS_SEED` repeats a run's.
    static let seed: UInt64 = {
        let seed = variable("BUCKETD_FAULTS_SEED").flatMap { UInt64($0) } ?? .random(in: .min ... .max)
        print("faults chosen by BUCKETD_FAULTS_SEED=\(seed)")
        return seed
    }()

    /// In a usual run every n-th point, beginning at one that the seed gives, so that `about` so many are tried.
    func some<Point>(of points: [Point], about count: Int) -> [Point] {
        guard self == .usual, points.count > count else { return points }
        let step = max(1, points.count / count)
        return stride(from: Int(Self.seed % UInt64(step)), to: points.count, by: step).map { points[$0] }
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

    /// Of the upload that is cut off again and again.
    var resumedBytes: Int {
        switch self {
        case .usual: 64 << 20
        case .full: 2 << 30
        }
    }

    /// Lives of a daemon in which several clients ask for one upload.
    var contendedLives: Int {
        switch self {
        case .usual: 8
        case .full: 60
        }
    }

    /// Uploads whose clients are gone.
    var waitingUploads: Int {
        switch self {
        case .usual: 500
        case .full: 5000
        }
    }

    /// Bytes that the daemon may take while they wait.
    var waitingMemory: Int {
        switch self {
        case .usual: 64 << 20
        case .full: 128 << 20
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
