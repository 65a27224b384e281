import Glibc

/// A queue whose one consumer, a thread of its own, takes all that waits at once.
///
/// It can also be asked to wake without an element, for work that may be put off but not for ever.
package final class BatchQueue<Element: Sendable>: @unchecked Sendable {
    // Proof: the variables are only reached with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [Element] = []
    private var wakeTime: ContinuousClock.Instant?
    private var isClosed = false

    package init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(wakeUp, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(wakeUp)
        pthread_mutex_destroy(mutex)
        wakeUp.deallocate()
        mutex.deallocate()
    }

    /// False once the queue is closed: then the element is not taken.
    package func append(_ element: Element) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard !isClosed else { return false }
        waiting.append(element)
        pthread_cond_signal(wakeUp)
        return true
    }

    /// Has `next()` return within `delay` even if nothing is appended; of several moments the nearest counts.
    package func wake(within delay: Duration) {
        let time = ContinuousClock.now + delay
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard wakeTime.map({ time < $0 }) ?? true else { return }
        wakeTime = time
        pthread_cond_signal(wakeUp)
    }

    /// Nothing is taken any more; what waits is still handed out.
    package func close() {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        isClosed = true
        pthread_cond_signal(wakeUp)
    }

    /// Elements that wait.
    package var count: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return waiting.count
    }

    /// Blocks until something waits, a moment asked for has come, or the queue is closed.
    ///
    /// Returns what waits in order of arrival, nothing if only the moment has come, and nil once the queue is closed and
    /// empty. For one thread only.
    package func next() -> [Element]? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while waiting.isEmpty {
            if isClosed { return nil }
            guard let time = wakeTime else {
                pthread_cond_wait(wakeUp, mutex)
                continue
            }
            let left = ContinuousClock.now.duration(to: time)
            if left <= .zero { break }
            waitForSignal(atMost: left)
        }
        wakeTime = nil
        defer { waiting.removeAll() }
        return waiting
    }

    private func waitForSignal(atMost duration: Duration) {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let (seconds, attoseconds) = duration.components
        let nanoseconds = end.tv_nsec + Int(attoseconds / 1_000_000_000)
        end.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
        end.tv_nsec = nanoseconds % 1_000_000_000
        pthread_cond_timedwait(wakeUp, mutex, &end)
    }
}
