import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct AsyncSemaphoreTests {
    @Test func noMoreThanItsPermitsAreTakenAtATime() async throws {
        let semaphore = AsyncSemaphore(permits: 3)
        let inside = Locked((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    try await semaphore.withPermit {
                        inside.withLock { inside in
                            inside.now += 1
                            inside.most = max(inside.most, inside.now)
                        }
                        try Task.checkCancellation()
                        await Task.yield()
                        inside.withLock { $0.now -= 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(inside.withLock { $0.most } <= 3)
        #expect(semaphore.available == 3)
    }

    @Test func whoComesFirstIsServedFirst() async throws {
        let semaphore = AsyncSemaphore(permits: 0)
        let order = Locked<[Int]>([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2000 {
                group.addTask {
                    try await semaphore.wait()
                    order.withLock { $0.append(number) }
                    semaphore.signal()
                }
                while semaphore.waiting <= number {
                    try Task.checkCancellation()
                    await Task.yield()
                }
            }
            semaphore.signal()
            try await group.waitForAll()
        }
        #expect(order.withLock { $0 } == Array(0..<2000))
    }

    @Test func aCancelledWaiterLeavesItsPlaceAndTakesNoPermit() async throws {
        let semaphore = AsyncSemaphore(permits: 0)
        let first = Task { try await semaphore.wait() }
        while semaphore.waiting < 1 {
            try Task.checkCancellation()
            await Task.yield()
        }
        let second = Task { try await semaphore.wait() }
        while semaphore.waiting < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        semaphore.signal()
        try await second.value
        #expect(semaphore.available == 0 && semaphore.waiting == 0)
        semaphore.signal()
        #expect(semaphore.available == 1)
    }

    @Test func aTaskCancelledBeforeItWaitsTakesNoPermit() async throws {
        let semaphore = AsyncSemaphore(permits: 1)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await semaphore.wait()
        }
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(semaphore.available == 1)
    }

    @Test func cancellationsAndSignalsThatRaceLoseNoPermit() async throws {
        let semaphore = AsyncSemaphore(permits: 4)
        let taken = Locked(0)
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<500 {
                group.addTask {
                    let task = Task { try await semaphore.withPermit { taken.withLock { $0 += 1 } } }
                    if number.isMultiple(of: 2) {
                        task.cancel()
                    }
                    _ = await task.result
                }
            }
        }
        #expect(semaphore.available == 4)
        #expect(taken.withLock { $0 } >= 250)
    }

    @Test func takingIsForFreePermitsOnly() async throws {
        let semaphore = AsyncSemaphore(permits: 2)
        #expect(semaphore.take(upTo: 5) == 2)
        #expect(semaphore.take(upTo: 1) == 0)
        let waiter = Task { try await semaphore.wait() }
        while semaphore.waiting < 1 {
            try Task.checkCancellation()
            await Task.yield()
        }
        semaphore.signal()
        try await waiter.value
        #expect(semaphore.take(upTo: 1) == 0)
    }
}
