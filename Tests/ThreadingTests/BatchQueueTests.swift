import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct BatchQueueTests {
    @Test func whatWaitsIsTakenAtOnceAndInOrder() {
        let queue = BatchQueue<Int>()
        for number in 0..<5 {
            #expect(queue.append(number))
        }
        #expect(queue.count == 5)
        #expect(queue.next() == [0, 1, 2, 3, 4])
        #expect(queue.count == 0)
    }

    @Test func theConsumerWakesWithoutAnElementWhenAsked() {
        let queue = BatchQueue<Int>()
        let start = ContinuousClock.now
        queue.wake(within: .seconds(3600))
        queue.wake(within: .milliseconds(20))
        #expect(queue.next() == [])
        #expect(ContinuousClock.now - start >= .milliseconds(20))
    }

    @Test func anElementComesBeforeTheWakeTime() async {
        let queue = BatchQueue<Int>()
        queue.wake(within: .seconds(3600))
        async let batch = BlockingThreads(name: "test-batch", count: 1).run { queue.next() }
        #expect(queue.append(1))
        #expect(await batch == [1])
    }

    @Test func aClosedQueueHandsOutWhatIsLeft() {
        let queue = BatchQueue<Int>()
        #expect(queue.append(1))
        queue.wake(within: .zero)
        queue.close()
        #expect(!queue.append(2))
        #expect(queue.next() == [1])
        #expect(queue.next() == nil)
    }

    @Test func closingWakesTheConsumer() async {
        let queue = BatchQueue<Int>()
        async let batch = BlockingThreads(name: "test-batch", count: 1).run { queue.next() }
        queue.close()
        #expect(await batch == nil)
    }

    @Test func manyProducersLoseNothing() async {
        let queue = BatchQueue<Int>()
        async let sum = BlockingThreads(name: "test-batch", count: 1).run {
            var sum = 0
            while let batch = queue.next() {
                sum += batch.reduce(0, +)
            }
            return sum
        }
        await withTaskGroup(of: Void.self) { group in
            for number in 1...1000 {
                group.addTask {
                    if number % 7 == 0 { queue.wake(within: .microseconds(10)) }
                    _ = queue.append(number)
                }
            }
        }
        queue.close()
        #expect(await sum == 500_500)
    }
}
