import Testing
import Threading

@Suite struct ThreadingTests {
    private actor Counter {
        private let executor: IOExecutor
        private(set) var value = 0
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ executor: IOExecutor) {
            self.executor = executor
        }

        func increment() {
            executor.preconditionIsolated()
            value += 1
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func actorsOfOneExecutorRunOnItsThread() async {
        let executor = IOExecutor(name: "test-io")
        let counters = [Counter(executor), Counter(executor)]
        await withTaskGroup(of: Void.self) { group in
            for round in 0..<1000 {
                group.addTask { await counters[round % 2].increment() }
            }
        }
        #expect(await counters[0].value == 500)
        #expect(await counters[1].value == 500)
        #expect(executor.isIsolatingCurrentContext() == false)
    }

    @Test(.timeLimit(.minutes(1)))
    func blockingThreadsHandBackResultsAndErrors() async throws {
        struct Refused: Error, Equatable { let number: Int }
        let threads = BlockingThreads(name: "test-blocking", count: 4)
        let sum = await withTaskGroup(of: Int.self) { group in
            for number in 0..<3000 {
                group.addTask { await threads.run { number } }
            }
            return await group.reduce(0, +)
        }
        #expect(sum == 2999 * 3000 / 2)
        await #expect(throws: Refused(number: 7)) {
            try await threads.run { () throws(Refused) -> Int in throw Refused(number: 7) }
        }
    }

    /// With one thread, which would wait for itself.
    @Test(.timeLimit(.minutes(1)))
    func aTaskOnTheThreadsMakesItsBlockingCallsThere() async {
        let threads = BlockingThreads(name: "test-executor", count: 1)
        let sum = await Task(executorPreference: threads.executor) {
            var sum = await threads.run { 1 }
            await Task.yield()
            sum += await threads.run { 2 }
            return await withTaskGroup(of: Int.self, returning: Int.self) { group in
                for number in 0..<100 {
                    group.addTask { await threads.run { number } }
                }
                return await group.reduce(sum, +)
            }
        }.value
        #expect(sum == 4953)
        await confirmation { confirmed in
            await withCheckedContinuation { continuation in
                threads.start { continuation.resume() }
            }
            confirmed()
        }
    }

    @Test func aLockedValueSurvivesContention() async {
        let total = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        total.withLock { $0 += 1 }
                    }
                }
            }
        }
        #expect(total.withLock { $0 } == 8000)
    }
}
