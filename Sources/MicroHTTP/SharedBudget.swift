import Threading

/// The budget behind its lock, and the exchanges that stand in line.
final class SharedBudget: Sendable {
    private struct State {
        var budget: BufferBudget
        var waiting: [BufferBudget.Account: Exchange] = [:]
        var peak = 0
    }

    private let state: Locked<State>

    /// Bytes queued at the moment, and the most that ever were.
    var usage: (used: Int, peak: Int) { state.withLock { ($0.budget.used, $0.peak) } }

    init(capacity: Int, perRequest: Int) {
        state = Locked(State(budget: BufferBudget(capacity: capacity, perRequest: perRequest)))
    }

    /// Called with the exchange's lock held.
    func take(_ exchange: Exchange, _ count: Int, isAsked: Bool) -> (grant: BufferBudget.Grant, called: [Exchange]) {
        state.withLock { state in
            let grant = state.budget.take(exchange.id, count, isAsked: isAsked)
            state.peak = max(state.peak, state.budget.used)
            if grant.wait == .line { state.waiting[exchange.id] = exchange }
            return (grant, Self.called(state.budget.call(), &state))
        }
    }

    func ask(_ account: BufferBudget.Account) {
        state.withLock { $0.budget.ask(account) }
    }

    func hasRoom(_ account: BufferBudget.Account) -> Bool {
        state.withLock { $0.budget.hasRoom(account) }
    }

    /// Returns the exchanges to call `hasRoom` on, once the caller has given up its own lock.
    func giveBack(_ account: BufferBudget.Account, _ count: Int) -> [Exchange] {
        state.withLock { state in
            Self.called(state.budget.giveBack(account, count), &state)
        }
    }

    /// As `giveBack`: the account waits for no more bytes, and keeps what it holds.
    func withdraw(_ account: BufferBudget.Account) -> [Exchange] {
        state.withLock { state in
            state.waiting[account] = nil
            return Self.called(state.budget.withdraw(account), &state)
        }
    }

    /// As `giveBack`, for all that the account holds.
    func close(_ account: BufferBudget.Account) -> [Exchange] {
        state.withLock { state in
            state.waiting[account] = nil
            return Self.called(state.budget.close(account), &state)
        }
    }

    private static func called(_ accounts: [BufferBudget.Account], _ state: inout State) -> [Exchange] {
        accounts.compactMap { state.waiting.removeValue(forKey: $0) }
    }
}
