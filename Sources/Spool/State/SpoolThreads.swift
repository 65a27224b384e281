package import Threading

/// The threads that file I/O blocks.
///
/// One set serves the process: threads are never ended.
package struct SpoolThreads: Sendable {
    /// For the short calls of reading: look-ups, opens.
    package let names: BlockingThreads
    /// For publications and removals, which run there as a whole: look-ups, renames, syncs of directories.
    package let publication: BlockingThreads
    /// For `fdatasync`, one file each: the kernel merges their journal commits, so more of them wait at once than disks
    /// could serve.
    package let data: BlockingThreads
    /// One thread of low priority for what nobody waits for.
    package let background: BlockingThreads
    /// For the walk through the bucket, which may take long; becomes a thread of low priority.
    let index: IOExecutor
    private let executors: [IOExecutor]
    private let turn = Locked(0)

    /// `writers` threads are shared by all uploads.
    package init(writers: Int = 4, data: Int = 16, names: Int = 4, publication: Int = 4) {
        precondition(writers > 0)
        self.names = BlockingThreads(name: "names", count: names)
        self.data = BlockingThreads(name: "sync", count: data)
        self.publication = BlockingThreads(name: "publish", count: publication)
        background = BlockingThreads(name: "background", count: 1)
        index = IOExecutor(name: "index")
        executors = (0..<writers).map { IOExecutor(name: "write-\($0)") }
    }

    /// Returns once each thread that writes has come to what it was given now, and one of those for look-ups.
    ///
    /// Those that publish and sync are not asked: a slow disk may take minutes over many large files, and nothing hangs.
    /// Look-ups go on as long as one of their threads is free.
    func answer() async {
        await withDiscardingTaskGroup { group in
            for executor in executors {
                group.addTask { await executor.drain() }
            }
            group.addTask { [names] in await names.run {} }
        }
    }

    /// The executors in turn.
    func nextExecutor() -> IOExecutor {
        let number = turn.withLock { turn in
            turn &+= 1
            return turn
        }
        return executors[abs(number % executors.count)]
    }
}
