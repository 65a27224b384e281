import Ingest
import Threading

/// Which number to try first for a name that was taken before.
///
/// Only hints: what they say is looked up on disk. Bounded, and forgotten as a whole when full.
final class NameHints: Sendable {
    private static let capacity = 4096
    private let numbers = Locked<[BucketPath: Int]>([:])

    subscript(path: BucketPath) -> Int? {
        numbers.withLock { $0[path] }
    }

    func remember(_ number: Int?, for path: BucketPath) {
        numbers.withLock { numbers in
            if numbers.count >= Self.capacity, numbers[path] == nil {
                numbers = [:]
            }
            numbers[path] = number
        }
    }
}
