import IngestTesting
import MicroHTTP
import Testing

@Suite struct BufferBudgetTests {
    /// Bodies that nobody asks for: an eighth of the budget, at nobody's expense.
    @Test func whatNobodyAskedForHoldsNoMoreThanAnEighth() {
        var budget = BufferBudget(capacity: 8 << 20, perRequest: 1 << 20)
        for account in 0..<1000 as Range<UInt64> { _ = budget.take(account, 60_000, isAsked: false) }
        #expect(budget.used == 17 * 60_000)
        #expect(budget.unasked == budget.used)
        #expect(budget.accounts == 17)
        #expect(budget.share == 1 << 20)
        #expect(budget.take(2000, 1, isAsked: false).wait == .none)
        #expect(budget.take(2001, 60_000, isAsked: false) == .init(count: 0, wait: .asking))
        // Others take all the rest.
        for account in 3000..<3006 as Range<UInt64> { #expect(budget.take(account, 1 << 20).count == 1 << 20) }
        for account in 0..<17 as Range<UInt64> { #expect(budget.close(account).isEmpty) }
        _ = budget.close(2000)
        #expect(budget.unasked == 0)
        #expect(budget.used == 6 << 20)
    }

    @Test func onceAskedForABodyCountsAsAnyOther() {
        var budget = BufferBudget(capacity: 8 << 20, perRequest: 1 << 20)
        _ = budget.take(1, 60_000, isAsked: false)
        budget.ask(1)
        budget.ask(1)
        #expect(budget.unasked == 0)
        #expect(budget.held(by: 1) == 60_000)
        #expect(budget.take(1, 1 << 20).count == 1 << 20 - 60_000)
        _ = budget.close(1)
        #expect(budget.used == 0 && budget.unasked == 0)
    }

    /// More than a quantum, or in the way of those in line: it waits until it is asked for.
    @Test func aBodyThatNobodyAskedForStandsInNoLine() {
        var budget = BufferBudget(capacity: 1 << 20, perRequest: 1 << 20)
        #expect(budget.take(1, 65_537, isAsked: false).wait == .asking)
        #expect(budget.take(2, 1 << 20).count == 1 << 20)
        #expect(budget.take(3, 1).wait == .line)
        #expect(budget.take(4, 1, isAsked: false).wait == .asking)
        #expect(budget.giveBack(2, 1 << 20) == [3])
        #expect(budget.accounts == 1)
    }

    /// Stopping and starting a connection for every few bytes would cost more than reading them.
    @Test(arguments: [1, 16, 1000])
    func whoHadItsShareHasRoomOnceHalfIsGivenBack(requests: Int) {
        var budget = BufferBudget(capacity: 16 << 20, perRequest: 1 << 20)
        for account in 1..<UInt64(requests) { _ = budget.take(account, 1) }
        let share = budget.take(0, 1 << 20).count
        #expect(share >= 64 << 10)
        #expect(!budget.hasRoom(0))
        _ = budget.giveBack(0, share / 2 - 1)
        #expect(!budget.hasRoom(0))
        _ = budget.giveBack(0, 1)
        #expect(budget.hasRoom(0))
    }

    private let kib = 1 << 10

    @Test func oneRequestTakesUpToItsLimit() {
        var budget = BufferBudget(capacity: 4096 * kib, perRequest: 1024 * kib)
        #expect(budget.take(1, 1000 * kib) == .init(count: 1000 * kib, wait: .none))
        #expect(budget.take(1, 100 * kib) == .init(count: 24 * kib, wait: .share))
        #expect(budget.take(1, 1) == .init(count: 0, wait: .share))
        #expect(budget.giveBack(1, 512 * kib) == [])
        #expect(budget.take(1, 1) == .init(count: 1, wait: .none))
    }

    @Test func theShareShrinksWithTheNumberOfRequests() {
        var budget = BufferBudget(capacity: 1024 * kib, perRequest: 1024 * kib)
        #expect(budget.take(1, 10).wait == .none)
        #expect(budget.share == 1024 * kib)
        for account in UInt64(2)...4 { _ = budget.take(account, 10) }
        #expect(budget.share == 256 * kib)
        for account in UInt64(5)...100 { _ = budget.take(account, 10) }
        #expect(budget.share == budget.quantum)
    }

    @Test func aSpentBudgetMakesAFairLine() {
        var budget = BufferBudget(capacity: 128 * kib, perRequest: 64 * kib)
        #expect(budget.take(1, 64 * kib).count == 64 * kib)
        #expect(budget.take(2, 64 * kib).count == 64 * kib)
        #expect(budget.take(3, 100) == .init(count: 0, wait: .line))
        #expect(budget.take(4, 100) == .init(count: 0, wait: .line))
        #expect(budget.giveBack(2, 64 * kib) == [3])
        // What was set aside for 3 is neither 2's nor 4's.
        #expect(budget.take(2, 1) == .init(count: 0, wait: .line))
        #expect(budget.take(3, 100) == .init(count: 100, wait: .none))
        #expect(budget.close(1) == [4])
        #expect(budget.take(4, 100) == .init(count: 100, wait: .none))
        // What 4 did not need of its quantum is for the next in line.
        #expect(budget.call() == [2])
        #expect(budget.call() == [])
    }

    @Test func aRequestThatEndsGivesEverythingBack() {
        var budget = BufferBudget(capacity: 64 * kib, perRequest: 64 * kib)
        _ = budget.take(1, 64 * kib)
        _ = budget.take(2, 1)
        _ = budget.take(3, 1)
        #expect(budget.close(2) == [])
        #expect(budget.close(1) == [3])
        #expect(budget.used == budget.quantum)
        #expect(budget.close(3) == [])
        #expect(budget.used == 0)
        #expect(budget.accounts == 0)
    }

    @Test func noAccountIsLeftOfIdleRequests() {
        var budget = BufferBudget(capacity: 1024 * kib, perRequest: 64 * kib)
        for account in UInt64(1)...1000 {
            _ = budget.take(account, 10)
            #expect(budget.giveBack(account, 10) == [])
        }
        #expect(budget.accounts == 0)
    }

    @Test(arguments: UInt64(1)...8)
    func theBudgetHoldsAndEverybodyGetsOn(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var budget = BufferBudget(capacity: 300 * kib, perRequest: 100 * kib)
        var held: [UInt64: Int] = [:]
        var waiting: Set<UInt64> = []
        var turns: [UInt64: Int] = [:]
        for _ in 0..<20_000 {
            let account = random.next() % 20
            if random.next() % 2 == 0, !waiting.contains(account) {
                let size = Int(random.next() % 130_000) + 1
                let grant = budget.take(account, size)
                #expect(grant.count <= size)
                #expect(grant.count == size || grant.wait != .none)
                held[account, default: 0] += grant.count
                if grant.wait == .line { waiting.insert(account) }
                turns[account, default: 0] += 1
            } else if let count = held[account], count > 0 {
                let size = Int(random.next() % UInt64(count)) + 1
                held[account] = count - size
                for called in budget.giveBack(account, size) {
                    #expect(waiting.remove(called) != nil)
                    let grant = budget.take(called, 1)
                    // Unless it holds its share already, a called request gets something.
                    #expect(grant.count == 1 || grant.wait == .share)
                    held[called, default: 0] += grant.count
                    if grant.wait == .line { waiting.insert(called) }
                }
            }
            #expect(budget.used <= budget.capacity)
            #expect(held.values.reduce(0, +) <= budget.used)
        }
        #expect(turns.count == 20)
    }

    /// A request that will get no more: it keeps what it has, and stands in nobody's way.
    @Test func whoWithdrawsKeepsWhatItHasAndWaitsNoMore() {
        var budget = BufferBudget(capacity: 1 << 20, perRequest: 1 << 20)
        #expect(budget.take(1, 1 << 20).count == 1 << 20)
        #expect(budget.take(2, 100).wait == .line)
        #expect(budget.take(3, 100).wait == .line)
        #expect(budget.withdraw(2).isEmpty)
        #expect(budget.withdraw(9).isEmpty)
        #expect(budget.giveBack(1, 1 << 19) == [3])
        #expect(budget.withdraw(1).isEmpty)
        #expect(budget.held(by: 1) == 1 << 19)
        // What was set aside for it is free again.
        #expect(budget.withdraw(3).isEmpty)
        #expect(budget.used == 1 << 19)
        #expect(budget.accounts == 1)
        #expect(budget.giveBack(1, 1 << 19).isEmpty)
        #expect(budget.used == 0 && budget.accounts == 0)
    }
}
