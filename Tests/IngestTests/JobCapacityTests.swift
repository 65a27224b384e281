import Ingest
import Testing

@Suite struct JobCapacityTests {
    private static let kinds = ["a", "b", "c"].map { JobKind($0) }

    /// What each kind gets that has so many jobs, of a capacity of `total` with `limit` of each kind.
    @Test(arguments: [
        // (total, limit, jobs, taken)
        (6, 9, [9, 9, 9], [2, 2, 2]),
        (6, 9, [9, 0, 9], [3, 0, 3]),
        (6, 9, [1, 0, 9], [1, 0, 5]),
        (7, 9, [9, 9, 9], [3, 2, 2]),
        (1, 9, [0, 9, 9], [0, 1, 0]),
        (9, 2, [9, 1, 9], [2, 1, 2]),
        (0, 9, [9, 9, 9], [0, 0, 0]),
    ])
    func kindsThatHaveJobsShareThePlaces(total: Int, limit: Int, jobs: [Int], taken: [Int]) {
        let capacity = JobCapacity(
            kinds: Self.kinds,
            limits: Dictionary(uniqueKeysWithValues: Self.kinds.map { ($0, limit) }),
            total: total
        )
        var left = Dictionary(uniqueKeysWithValues: zip(Self.kinds, jobs))
        capacity.divide(among: Set(left.filter { $0.value > 0 }.keys)) { kind, limit in
            let taken = min(limit, left[kind] ?? 0)
            left[kind]? -= taken
            return taken
        }
        #expect(zip(Self.kinds, jobs).map { $1 - (left[$0] ?? 0) } == taken)
    }
}
