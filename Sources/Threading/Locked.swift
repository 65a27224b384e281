package import Glibc

/// A value behind a mutual-exclusion lock.
///
/// `Synchronization.Mutex` on Linux is a futex that inherits priorities, and spins for its holder before it sleeps: on few
/// cores that is time the holder needs. Nor can ThreadSanitizer see it.
package final class Locked<State: ~Copyable>: @unchecked Sendable {
    // Proof: `state` is only reached with `mutex` held.
    @usableFromInline let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    @usableFromInline let state = UnsafeMutablePointer<State>.allocate(capacity: 1)

    @inlinable package init(_ state: consuming sending State) {
        pthread_mutex_init(mutex, nil)
        self.state.initialize(to: state)
    }

    deinit {
        state.deinitialize(count: 1)
        state.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with the lock held; it must not block, nor take the lock again.
    @inlinable package func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state.pointee)
    }
}
