import Ingest
import IngestTesting
import Jobs
import Logging
import PostProcessing
import ServiceLifecycle
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct BucketScannerTests {
    private static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let time = ManualTime()
    private let scans = Locked(0)

    /// A scanner whose scans are counted when they begin.
    private func scanner(_ scan: @escaping @Sendable (Int) async throws -> Void = { _ in }) -> BucketScanner {
        let scans = scans
        return BucketScanner(clock: time, logger: Self.silence) {
            try await scan(
                scans.withLock { scans in
                    scans += 1
                    return scans
                }
            )
        }
    }

    private func running(_ scanner: BucketScanner, _ body: () async throws -> Void) async throws {
        let group = ServiceGroup(configuration: ServiceGroupConfiguration(services: [scanner], logger: Self.silence))
        let running = Task { try await group.run() }
        do {
            try await body()
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private func begun(_ count: Int) async throws {
        while scans.withLock({ $0 }) < count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test(arguments: [(0, 60), (3, 60), (10, 200), (3600, 72_000)])
    func theNextScanWaitsForAMultipleOfTheLastOnesTime(took: Int, wait: Int) async throws {
        let scanner = scanner { [time] _ in time.advance(by: .seconds(took)) }
        try await running(scanner) {
            try await begun(1)
            try await time.sleep(of: .seconds(wait))
            time.advance(by: .seconds(wait))
            try await begun(2)
        }
    }

    @Test func aFailedScanIsFollowedByAnother() async throws {
        let scanner = scanner { _ in throw IngestError(.storageFailed, "It failed.") }
        try await running(scanner) {
            try await time.sleep(of: .seconds(60))
            time.advance(by: .seconds(60))
            try await begun(2)
        }
    }

    @Test func aStopWaitsForNoScan() async throws {
        let gate = AsyncSemaphore(permits: 0)
        let wasCancelled = AsyncSemaphore(permits: 0)
        let scanner = scanner { _ in
            await withTaskCancellationHandler {
                // As a call that blocks: deaf to cancellation.
                await Task { try? await gate.wait() }.value
            } onCancel: {
                wasCancelled.signal()
            }
        }
        try await running(scanner) { try await begun(1) }
        try await wasCancelled.wait()
        gate.signal()
    }

    @Test func aJobIsAnsweredByAScanThatBeganAfterIt() async throws {
        let gate = AsyncSemaphore(permits: 0)
        let scanner = scanner { _ in try await gate.wait() }
        let job = JobID(1)
        try await running(scanner) {
            try await begun(1)
            let first = Task { try await scanner.hasScanned(for: job, waitingAtMost: .seconds(1)) }
            try await time.sleep(of: .seconds(1))
            // The scan under way may have passed by what the job is about.
            gate.signal()
            try await begun(2)
            time.advance(by: .seconds(1))
            #expect(try await first.value == false)
            let second = Task { try await scanner.hasScanned(for: job, waitingAtMost: .seconds(1)) }
            try await time.sleep(of: .seconds(1))
            gate.signal()
            #expect(try await second.value)
            #expect(scans.withLock { $0 } == 2)
            // The answer was for that time.
            let third = Task { try await scanner.hasScanned(for: job, waitingAtMost: .seconds(1)) }
            try await begun(3)
            gate.signal()
            #expect(try await third.value)
        }
    }

    @Test func aScanOutOfTurnIsBegunAtOnce() async throws {
        let scanner = scanner()
        try await running(scanner) {
            try await time.sleep(of: .seconds(60))
            #expect(try await scanner.hasScanned(for: JobID(1), waitingAtMost: .seconds(1000)))
            #expect(scans.withLock { $0 } == 2)
        }
    }

    @Test func theTaskStepsAsideWhileAScanGoesOnAndFailsWithIt() async throws {
        let gate = AsyncSemaphore(permits: 0)
        let scanner = scanner { number in
            try await gate.wait()
            if number == 2 { throw IngestError(.storageFailed, "The bucket cannot be walked.") }
        }
        let task = ScanTask(scanner: scanner)
        let fixture = try await TaskFixture()
        let scratch = fixture.scratch.scratch(named: "job-1-1")
        let work = try fixture.work(task, record: nil, file: nil, scratch: scratch)
        try await running(scanner) {
            try await begun(1)
            let first = Task { try await task.run(work) }
            try await time.sleep(of: .seconds(1))
            time.advance(by: .seconds(1))
            await #expect(throws: TaskFailure(.snooze(.seconds(5)), "The bucket is being scanned.")) {
                try await first.value
            }
            gate.signal()
            try await begun(2)
            gate.signal()
            await #expect(throws: TaskFailure(.transient, "The bucket cannot be walked.")) {
                while true {
                    do {
                        _ = try await task.run(work)
                    } catch let failure as TaskFailure where failure.code == .snooze(.seconds(5)) {
                        continue
                    }
                    break
                }
            }
            let again = Task { try await task.run(work) }
            try await begun(3)
            gate.signal()
            #expect(try await again.value == .done())
        }
    }
}
