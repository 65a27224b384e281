import Glibc

/// How many of the points at which something may fail a run tries: all of them with `BUCKETD_FAULTS=full`.
enum FaultSelection {
    static let isFull = getenv("BUCKETD_FAULTS").map { String(cString: $0) } == "full"

    /// Printed, and taken from `BUCKETD_FAULTS_SEED`, so that a run can be repeated.
    static let seed: UInt64 = {
        let seed = getenv("BUCKETD_FAULTS_SEED").flatMap { UInt64(String(cString: $0)) } ?? .random(in: 0..<1_000_000)
        print("fault points chosen by BUCKETD_FAULTS_SEED=\(seed)")
        return seed
    }()

    /// Every n-th point, beginning at one that the seed gives, so that `about` so many are tried.
    static func some<Point>(of points: [Point], about count: Int) -> [Point] {
        guard !isFull, points.count > count else { return points }
        let step = max(1, points.count / count)
        return stride(from: Int(seed % UInt64(step)), to: points.count, by: step).map { points[$0] }
    }
}
