package import Ingest
import Threading

/// One lock a name, held by a publication or removal from the choice of the name to its end on disk.
///
/// In order of arrival. A task that holds names may only try for more, or take several at once by `lock(_:)`, which
/// sorts them: so no two ever wait for each other.
package final class NameLocks: Sendable {
    private struct Waiter {
        let number: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct Names {
        /// Locked names and who waits for them.
        var waiters: [BucketPath: [Waiter]] = [:]
        var next = 0
        /// Waiters that were cancelled before they had begun to wait.
        var cancelled: Set<Int> = []
    }

    private let names = Locked(Names())

    package init() {}

    /// Locks all of the paths; when it throws `CancellationError`, none.
    package func lock(_ paths: some Collection<BucketPath>) async throws(CancellationError) {
        var taken: [BucketPath] = []
        for path in Set(paths).sorted() {
            guard await lock(path) else {
                unlock(taken)
                throw CancellationError()
            }
            taken.append(path)
        }
    }

    package func tryLock(_ path: BucketPath) -> Bool {
        names.withLock { names in
            guard names.waiters[path] == nil else { return false }
            names.waiters[path] = []
            return true
        }
    }

    package func unlock(_ paths: some Collection<BucketPath>) {
        for path in paths {
            let next = names.withLock { names -> Waiter? in
                guard var waiters = names.waiters[path] else { preconditionFailure("the name is not locked") }
                guard !waiters.isEmpty else {
                    names.waiters[path] = nil
                    return nil
                }
                let next = waiters.removeFirst()
                names.waiters[path] = waiters
                return next
            }
            next?.continuation.resume(returning: true)
        }
    }

    /// False if the task was cancelled while it waited.
    private func lock(_ path: BucketPath) async -> Bool {
        let number = names.withLock { names -> Int? in
            guard names.waiters[path] != nil else {
                names.waiters[path] = []
                return nil
            }
            names.next += 1
            return names.next
        }
        guard let number else { return true }
        // A cancellation that comes after the end of the wait leaves its mark behind.
        defer { names.withLock { _ = $0.cancelled.remove(number) } }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = names.withLock { names -> Bool? in
                    if names.cancelled.remove(number) != nil {
                        return false
                    }
                    guard names.waiters[path] != nil else {
                        // Unlocked since we looked.
                        names.waiters[path] = []
                        return true
                    }
                    names.waiters[path]?.append(Waiter(number: number, continuation: continuation))
                    return nil
                }
                if let answer {
                    continuation.resume(returning: answer)
                }
            }
        } onCancel: {
            let waiter = names.withLock { names -> Waiter? in
                guard let place = names.waiters[path]?.firstIndex(where: { $0.number == number }) else {
                    names.cancelled.insert(number)
                    return nil
                }
                return names.waiters[path]?.remove(at: place)
            }
            waiter?.continuation.resume(returning: false)
        }
    }
}
