import Glibc

/// Blocks threads until it is opened, as a slow disk would; once open, it stays so.
final class ThreadGate: @unchecked Sendable {  // Proof: the only state is a semaphore, made for use by many threads.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() {
        sem_init(semaphore, 0, 0)
    }

    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func open() {
        sem_post(semaphore)
    }

    func pass() {
        while sem_wait(semaphore) != 0 {}
        sem_post(semaphore)
    }
}
