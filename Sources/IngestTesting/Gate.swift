import Glibc
import Threading

/// Holds threads and tasks until it is opened, as a slow disk would; once open, it stays so.
package final class Gate: @unchecked Sendable {  // Proof: a semaphore, made for use by many threads, and a lock.
    private enum Tasks {
        case waiting([CheckedContinuation<Void, Never>])
        case passing
    }

    private let threads = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    private let tasks = Locked(Tasks.waiting([]))

    package init() {
        sem_init(threads, 0, 0)
    }

    deinit {
        sem_destroy(threads)
        threads.deallocate()
    }

    package func open() {
        sem_post(threads)
        let waiting = tasks.withLock { tasks -> [CheckedContinuation<Void, Never>] in
            defer { tasks = .passing }
            guard case .waiting(let waiting) = tasks else { return [] }
            return waiting
        }
        for task in waiting {
            task.resume()
        }
    }

    /// Blocks the thread.
    package func pass() {
        while sem_wait(threads) != 0 {}
        sem_post(threads)
    }

    /// Suspends the task.
    package func passSuspended() async {
        await withCheckedContinuation { continuation in
            let isOpen = tasks.withLock { tasks in
                guard case .waiting(let waiting) = tasks else { return true }
                tasks = .waiting(waiting + [continuation])
                return false
            }
            if isOpen {
                continuation.resume()
            }
        }
    }
}
