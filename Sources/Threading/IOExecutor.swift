/// A serial executor on a thread of its own, for actors whose work is blocking file I/O.
///
/// Swift's cooperative pool has one thread a core: a single `pwrite` that waits for the disk there would hold back
/// every request. An actor that returns this from `unownedExecutor` must keep it alive (store it), and shares the
/// thread with the executor's other actors.
package final class IOExecutor: SerialExecutor {
    private let loop: ThreadLoop
    private let name: String
    /// The executor's only thread; every job that runs there belongs to it.
    private var isCurrent: Bool { loop.isCurrentThread }

    package init(name: String) {
        self.name = name
        loop = ThreadLoop(name: name, threads: 1)
    }

    /// The same thread, for tasks that work with its actors: they need not go to another one and back for each call.
    package var taskExecutor: any TaskExecutor { loop }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.enqueue { [self] in
            job.runSynchronously(on: asUnownedSerialExecutor())
        }
    }

    /// Returns once the thread has run all that was enqueued before.
    ///
    /// For tasks that do not run on it.
    package func drain() async {
        await withCheckedContinuation { continuation in
            loop.enqueue { continuation.resume() }
        }
    }

    package func isIsolatingCurrentContext() -> Bool? {
        isCurrent
    }

    package func checkIsolated() {
        precondition(isCurrent, "not on the I/O executor \(name)")
    }
}
