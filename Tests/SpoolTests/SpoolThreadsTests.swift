import IngestTesting
import Testing
import Threading

@testable import Spool

/// What the watchdog asks of the threads that write.
@Suite(.timeLimit(.minutes(1))) struct SpoolThreadsTests {
    private actor Occupant {
        private let executor: IOExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

        init(_ executor: IOExecutor) {
            self.executor = executor
        }

        /// Blocks the executor's thread.
        func wait(at gate: Gate, _ arrived: @Sendable () -> Void) {
            arrived()
            gate.pass()
        }
    }

    @Test(arguments: 0..<3) func oneThatHangsKeepsTheAnswerBack(number: Int) async {
        let threads = SpoolThreads(writers: 3, data: 1, names: 1, publication: 1)
        await threads.answer()
        let executors = (0..<3).map { _ in threads.nextExecutor() }
        let gate = Gate()
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self)
        let occupation = Task {
            await Occupant(executors[number]).wait(at: gate) { arrival.yield() }
        }
        for await _ in arrivals { break }
        let isAnswered = Locked(false)
        let question = Task {
            await threads.answer()
            isAnswered.withLock { $0 = true }
        }
        // What is asked of the others meanwhile is answered.
        for (place, executor) in executors.enumerated() where place != number {
            for _ in 0..<100 { await executor.drain() }
        }
        await threads.names.run {}
        #expect(!isAnswered.withLock { $0 })
        gate.open()
        await question.value
        await occupation.value
    }
}
