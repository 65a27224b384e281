import SystemPackage
import Threading

/// Says that a walk is no longer wanted, from any thread.
final class WalkCancellation: Sendable {
    private let flag = Locked(false)

    func cancel() {
        flag.withLock { $0 = true }
    }

    /// Throws `.canceled` once it was cancelled.
    func check() throws(Errno) {
        if flag.withLock({ $0 }) {
            throw .canceled
        }
    }
}
