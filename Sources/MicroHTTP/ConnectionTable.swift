import Threading

/// The open connections, by descriptor, and how many of them each address has.
///
/// Those that are only there to be told why they are refused take nobody's place: they are counted apart, and few.
final class ConnectionTable: Sendable {
    private struct Count {
        var served = 0
        var refused = 0
    }

    private struct State {
        var connections: [Int32: Connection] = [:]
        var refused = 0
        var perAddress: [String: Count] = [:]
        var generation: UInt32 = 0
        var limit: Int
        var limitPerAddress: Int
    }

    /// A connection that was accepted.
    struct Newcomer {
        let descriptor: Int32
        let peer: PeerAddress
        let local: BoundAddress
        let isTLS: Bool
        let time: ContinuousClock.Instant
        /// Whether the socket that it came by outlives the server.
        var comesByInherited = false
    }

    /// Connections that are refused with an answer.
    private static let refusedLimit = 256
    /// Of these, from one address.
    private static let refusedLimitPerAddress = 16

    private let state: Locked<State>
    /// Open connections.
    let tally = Tally()
    /// Of these, the ones that are not refused.
    let served = Tally()

    var all: [Connection] { state.withLock { Array($0.connections.values) } }

    init(limit: Int, perAddress: Int) {
        state = Locked(State(limit: limit, limitPerAddress: perAddress))
    }

    /// For connections to come.
    func setLimit(_ limit: Int, perAddress: Int) {
        state.withLock { ($0.limit, $0.limitPerAddress) = (limit, perAddress) }
    }

    /// Counts a connection in, before the library hears of it.
    func admit(_ newcomer: Newcomer) throws(Problem) -> Connection {
        try state.withLock { state throws(Problem) in
            forgetStale(newcomer.descriptor, &state)
            guard state.connections.count - state.refused < state.limit else { throw .busy(state.limit) }
            if let key = newcomer.peer.limitKey {
                let (count, limit) = (state.perAddress[key, default: Count()].served, state.limitPerAddress)
                guard limit == 0 || count < limit else { throw .busyAddress(limit) }
            }
            served.enter()
            return enter(newcomer, nil, &state)
        }
    }

    /// As `admit`, for a connection that can only be told why it is refused when it has made its request; nil if there
    /// are too many of those.
    func admit(_ newcomer: Newcomer, refusing problem: Problem) -> Connection? {
        state.withLock { state in
            forgetStale(newcomer.descriptor, &state)
            guard state.refused < Self.refusedLimit else { return nil }
            if let key = newcomer.peer.limitKey {
                guard state.perAddress[key, default: Count()].refused < Self.refusedLimitPerAddress else { return nil }
            }
            state.refused += 1
            return enter(newcomer, problem, &state)
        }
    }

    private func enter(_ newcomer: Newcomer, _ refusal: Problem?, _ state: inout State) -> Connection {
        state.generation &+= 1
        let connection = Connection(newcomer, generation: state.generation, refusal: refusal)
        state.connections[newcomer.descriptor] = connection
        // Without a limit too: there may be one by and by.
        count(connection, by: 1, &state)
        tally.enter()
        return connection
    }

    private func count(_ connection: Connection, by change: Int, _ state: inout State) {
        guard let key = connection.peer.limitKey else { return }
        var count = state.perAddress[key, default: Count()]
        if connection.refusal == nil { count.served += change } else { count.refused += change }
        state.perAddress[key] = count.served + count.refused > 0 ? count : nil
    }

    /// The library closes a connection it cannot start without a word, and its number comes back.
    private func forgetStale(_ descriptor: Int32, _ state: inout State) {
        guard let stale = state.connections[descriptor] else { return }
        stale.closed()
        forget(stale, &state)
    }

    func find(_ descriptor: Int32) -> Connection? {
        state.withLock { $0.connections[descriptor] }
    }

    /// The connection is about to be closed.
    func remove(_ connection: Connection) {
        connection.closed()
        state.withLock { state in
            if state.connections[connection.descriptor] === connection { forget(connection, &state) }
        }
    }

    private func forget(_ connection: Connection, _ state: inout State) {
        state.connections[connection.descriptor] = nil
        count(connection, by: -1, &state)
        if connection.refusal == nil { served.leave() } else { state.refused -= 1 }
        tally.leave()
    }
}
