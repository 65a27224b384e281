/// Who may queue how many body bytes: one budget for all requests of a server, as a pure state machine.
///
/// A request takes bytes before it queues them and gives them back when its handler is through with them. It may hold
/// at most its share, the budget divided by the requests that hold or want some, but no more than `perRequest` and no
/// less than `quantum`. A request that is refused for want of free bytes stands in line; who is called has a quantum
/// set aside, so nobody overtakes and everybody gets on.
///
/// A request whose handler has not asked for its body yet may never do so. All such requests together hold at most an
/// eighth of the budget, at nobody else's expense, and do not stand in line.
package struct BufferBudget: Sendable {
    package typealias Account = UInt64

    package enum Wait: Sendable, Equatable {
        case none
        /// The request has its share; it may take more once it has given back.
        case share
        /// The budget is spent; the request will be called.
        case line
        /// There is no room for a body that nobody has asked for.
        case asking
    }

    package struct Grant: Sendable, Equatable {
        package let count: Int
        package let wait: Wait

        package init(count: Int, wait: Wait) {
            self.count = count
            self.wait = wait
        }
    }

    private struct Holding {
        var held = 0
        var reserved = 0
        var isInLine = false
        var isAsked = true
        var isEmpty: Bool { held == 0 && reserved == 0 && !isInLine }
    }

    /// Bytes of all requests together.
    package let capacity: Int
    package let perRequest: Int
    /// What a request that is called can take at least, bytes.
    package let quantum: Int
    /// Bytes held or set aside; never above `capacity`.
    package private(set) var used = 0
    /// Bytes held by requests whose handlers have not asked for them.
    package private(set) var unasked = 0
    private var unaskedAccounts = 0
    private var holdings: [Account: Holding] = [:]
    private var line: [Account] = []
    private var lineHead = 0

    package init(capacity: Int, perRequest: Int) {
        precondition(capacity > 0 && perRequest > 0)
        self.capacity = capacity
        self.perRequest = min(perRequest, capacity)
        quantum = min(64 << 10, self.perRequest)
    }

    /// Requests that hold bytes, or wait for some.
    package var accounts: Int { holdings.count }

    /// What one request may hold at the moment, bytes.
    package var share: Int {
        max(quantum, min(perRequest, capacity / max(1, holdings.count - unaskedAccounts)))
    }

    package func held(by account: Account) -> Int {
        holdings[account]?.held ?? 0
    }

    /// Takes up to `count` bytes (more than 0).
    ///
    /// When the grant says `line`, `called` of some `giveBack`, `close` or `call` will name the account.
    package mutating func take(_ account: Account, _ count: Int, isAsked: Bool = true) -> Grant {
        guard isAsked else { return takeUnasked(account, count) }
        var holding = holdings[account] ?? Holding()
        holdings[account] = holding
        let room = share - holding.held
        guard room > 0 else { return Grant(count: 0, wait: .share) }
        let wish = min(count, room)
        // Nobody overtakes those in line, except for what was set aside.
        let free = lineHead < line.count ? 0 : capacity - used
        let granted = min(wish, free + holding.reserved)
        let fromReserve = min(granted, holding.reserved)
        used += granted - fromReserve
        holding.held += granted
        // What was set aside is for this call only.
        used -= holding.reserved - fromReserve
        holding.reserved = 0
        var wait = Wait.none
        if granted < wish {
            wait = .line
            if !holding.isInLine {
                holding.isInLine = true
                line.append(account)
            }
        } else if granted < count || holding.held >= share {
            wait = .share
        }
        holdings[account] = holding
        return Grant(count: granted, wait: wait)
    }

    /// All or nothing.
    private mutating func takeUnasked(_ account: Account, _ count: Int) -> Grant {
        let isFirst = holdings[account] == nil
        var holding = holdings[account] ?? Holding(isAsked: false)
        let free = lineHead < line.count ? 0 : capacity - used
        guard count <= min(free, capacity / 8 - unasked), holding.held + count <= quantum else {
            return Grant(count: 0, wait: .asking)
        }
        holding.held += count
        used += count
        unasked += count
        if isFirst { unaskedAccounts += 1 }
        holdings[account] = holding
        return Grant(count: count, wait: .none)
    }

    /// The handler asks for the body from now on.
    package mutating func ask(_ account: Account) {
        guard var holding = holdings[account], !holding.isAsked else { return }
        settle(holding)
        holding.isAsked = true
        holdings[account] = holding
    }

    private mutating func settle(_ holding: Holding) {
        guard !holding.isAsked else { return }
        unasked -= holding.held
        unaskedAccounts -= 1
    }

    /// Whether a request that had its share has given half of it back: any earlier, and its connection would be stopped
    /// and started for a few bytes each.
    package func hasRoom(_ account: Account) -> Bool {
        2 * held(by: account) <= share
    }

    /// Gives bytes back, and returns who is called: each of them may take bytes now.
    package mutating func giveBack(_ account: Account, _ count: Int) -> [Account] {
        guard var holding = holdings[account], count > 0 else { return [] }
        precondition(holding.held >= count, "more bytes given back than taken")
        holding.held -= count
        used -= count
        holdings[account] = holding.isEmpty ? nil : holding
        return call()
    }

    /// Stops waiting for bytes, and keeps what it holds.
    ///
    /// Returns who is called.
    package mutating func withdraw(_ account: Account) -> [Account] {
        guard var holding = holdings[account] else { return [] }
        used -= holding.reserved
        holding.reserved = 0
        holding.isInLine = false
        if holding.isEmpty {
            settle(holding)
            holdings[account] = nil
        } else {
            holdings[account] = holding
        }
        return call()
    }

    /// Forgets a request that has ended, with all it holds, and returns who is called.
    package mutating func close(_ account: Account) -> [Account] {
        guard let holding = holdings.removeValue(forKey: account) else { return [] }
        used -= holding.held + holding.reserved
        settle(holding)
        return call()
    }

    /// Names those in line for whom there is a quantum by now.
    ///
    /// To be called after a `take` too: what it leaves of bytes set aside is for the next in line.
    package mutating func call() -> [Account] {
        var called: [Account] = []
        while lineHead < line.count {
            let account = line[lineHead]
            guard var holding = holdings[account], holding.isInLine else {
                lineHead += 1  // Closed while in line.
                continue
            }
            guard capacity - used >= quantum else { break }
            lineHead += 1
            holding.isInLine = false
            holding.reserved = quantum
            used += quantum
            holdings[account] = holding
            called.append(account)
        }
        if lineHead == line.count {
            line.removeAll(keepingCapacity: lineHead <= 1024)
            lineHead = 0
        } else if lineHead >= 1024 {
            line.removeFirst(lineHead)
            lineHead = 0
        }
        return called
    }
}
