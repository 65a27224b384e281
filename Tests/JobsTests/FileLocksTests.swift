import Ingest
import Testing
import Threading

@testable import Jobs

@Suite(.timeLimit(.minutes(1))) struct FileLocksTests {
    private let path = BucketPath(recorded: Array("a".utf8))

    @Test func onePathIsLockedByOneAtATime() async throws {
        let locks = FileLocks()
        let inside = Locked((now: 0, most: 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await locks.withLock(path) {
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
        #expect(inside.withLock { $0.most } == 1)
        #expect(locks.count == 0)
    }

    @Test func otherPathsDoNotWait() async throws {
        let locks = FileLocks()
        try await locks.withLock(path) {
            try await locks.withLock(BucketPath(recorded: Array("b".utf8))) {
                #expect(locks.count == 2)
            }
        }
        #expect(locks.count == 0)
    }

    @Test func aLockIsGivenBackByWhoThrows() async throws {
        let locks = FileLocks()
        await #expect(throws: TaskFailure.self) {
            try await locks.withLock(path) { throw TaskFailure(.permanent, "no") }
        }
        try await locks.withLock(path) {}
        #expect(locks.count == 0)
    }
}
