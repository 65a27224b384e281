#if THREAD_SANITIZER
import Glibc
#else
package import Synchronization
#endif

/// A value behind a mutual-exclusion lock.
///
/// ThreadSanitizer cannot see `Synchronization.Mutex` on Linux, a bare futex, and reports races that are none. A build
/// for it (`-Xswiftc -DTHREAD_SANITIZER`) takes `pthread_mutex`, which it intercepts.
package final class Locked<State: ~Copyable>: Sendable {
    #if THREAD_SANITIZER
    private final class Storage: @unchecked Sendable {  // Proof: `state` is only reached with `mutex` held.
        let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
        var state: State

        init(_ state: consuming sending State) {
            self.state = state
            pthread_mutex_init(mutex, nil)
        }

        deinit {
            pthread_mutex_destroy(mutex)
            mutex.deallocate()
        }
    }
    private let storage: Storage

    package init(_ state: consuming sending State) {
        storage = Storage(state)
    }

    /// Runs `body` with the lock held; it must not block, nor take the lock again.
    package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(storage.mutex)
        defer { pthread_mutex_unlock(storage.mutex) }
        return try body(&storage.state)
    }
    #else
    @usableFromInline let mutex: Mutex<State>

    @inlinable package init(_ state: consuming sending State) {
        mutex = Mutex(state)
    }

    /// Runs `body` with the lock held; it must not block, nor take the lock again.
    @inlinable package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
    #endif
}
