import CLinux
import Glibc

/// Threads that run queued work in order of arrival; the place for calls that block.
///
/// One thread makes a serial queue, several a pool. The threads live as long as the process: end-of-life would need
/// every queued job to be run or dropped, and neither is wanted of a queue that disk writes go through.
final class ThreadLoop: @unchecked Sendable {  // Proof: the variables are only reached with `mutex` held.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let wakeUp = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var pending: [@Sendable () -> Void] = []
    private var head = 0

    /// The loop that a thread belongs to.
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        let failure = pthread_key_create(&key, nil)
        precondition(failure == 0, "pthread_key_create: error \(failure)")
        return key
    }()

    /// Whether the caller runs on one of the loop's threads.
    var isCurrentThread: Bool {
        pthread_getspecific(Self.key) == UnsafeMutableRawPointer(Unmanaged.passUnretained(self).toOpaque())
    }

    /// Starts `threads` threads, named `name` (15 bytes are kept).
    init(name: String, threads: Int) {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(wakeUp, nil)
        for _ in 0..<threads {
            start(name: name)
        }
    }

    func enqueue(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        pending.append(work)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(wakeUp)
    }

    private func start(name: String) {
        final class Start {
            let loop: ThreadLoop
            let name: String
            init(_ loop: ThreadLoop, _ name: String) {
                self.loop = loop
                self.name = name
            }
        }
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(self, name))
        let failure = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                clinux_name_thread(start.name)
                start.loop.run()
            },
            start.toOpaque()
        )
        precondition(failure == 0, "pthread_create: error \(failure)")
        pthread_detach(thread)
    }

    private func run() -> Never {
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        while true {
            next()()
        }
    }

    private func next() -> @Sendable () -> Void {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while head == pending.count {
            pthread_cond_wait(wakeUp, mutex)
        }
        let work = pending[head]
        head += 1
        if head == pending.count {
            pending.removeAll(keepingCapacity: pending.capacity <= 1024)
            head = 0
        } else if head >= 1024 {
            pending.removeFirst(head)
            head = 0
        }
        return work
    }
}

extension ThreadLoop: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        enqueue { [self] in
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
