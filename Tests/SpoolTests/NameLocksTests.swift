import Ingest
import Spool
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct NameLocksTests {
    @Test func aNameIsLockedOnce() async throws {
        let locks = NameLocks()
        let path = try bucketPath("a")
        #expect(locks.tryLock(path))
        #expect(!locks.tryLock(path))
        locks.unlock([path])
        #expect(locks.tryLock(path))
    }

    @Test func batchesInAnyOrderNeverWaitForEachOther() async throws {
        let locks = NameLocks()
        let paths = try ["a", "b", "c", "d"].map(bucketPath)
        let inside = Locked<[BucketPath: Int]>([:])
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let wanted = number % 2 == 0 ? paths : paths.reversed()
                    guard (try? await locks.lock(wanted)) != nil else { return }
                    for path in wanted {
                        let count = inside.withLock { inside in
                            inside[path, default: 0] += 1
                            return inside[path]
                        }
                        #expect(count == 1)
                    }
                    await Task.yield()
                    inside.withLock { $0 = [:] }
                    locks.unlock(wanted)
                }
            }
        }
        #expect(paths.allSatisfy(locks.tryLock))
    }

    @Test func aCancelledWaiterHoldsNothing() async throws {
        let locks = NameLocks()
        let (first, second) = (try bucketPath("a"), try bucketPath("b"))
        #expect(locks.tryLock(second))
        let waiter = Task { try await locks.lock([first, second]) }
        // It has the first name when it waits for the second, or is cancelled before.
        waiter.cancel()
        await #expect(throws: CancellationError.self) { try await waiter.value }
        #expect(locks.tryLock(first))
        locks.unlock([first, second])
        #expect(locks.tryLock(second))
    }

    @Test func waitersGoInOrder() async throws {
        let locks = NameLocks()
        let path = try bucketPath("a")
        let order = Locked<[Int]>([])
        #expect(locks.tryLock(path))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<10 {
                group.addTask {
                    guard (try? await locks.lock([path])) != nil else { return }
                    order.withLock { $0.append(number) }
                    locks.unlock([path])
                }
            }
            locks.unlock([path])
        }
        #expect(order.withLock { $0.sorted() } == Array(0..<10))
    }
}
