import Ingest
import Testing

@Suite struct JobEndsTests {
    @Test(.timeLimit(.minutes(1)))
    func whoWaitsIsToldAndWhoIsCancelledIsFreed() async {
        let ends = JobEnds()
        let cancelled = Task { await ends.wait(for: JobID(1)) }
        cancelled.cancel()
        await cancelled.value
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await ends.wait(for: JobID(2)) }
            group.addTask {
                // The waiter may not be there yet: an end is only told to those who wait already.
                while !ends.isAwaited(JobID(2)) {
                    await Task.yield()
                }
                ends.ended(JobID(2))
            }
            await group.waitForAll()
        }
        #expect(!ends.isAwaited(JobID(2)))
    }
}
