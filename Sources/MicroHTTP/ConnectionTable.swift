import Threading

/// The open connections, by descriptor, and how many of them each address has.
final class ConnectionTable: Sendable {
    private struct State {
        var connections: [Int32: Connection] = [:]
        var perAddress: [String: Int] = [:]
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
    }

    /// Connections beyond the limit whose requests are refused.
    private static let refusedLimit = 256

    private let state: Locked<State>
    /// Open connections.
    let tally = Tally()

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
            guard state.connections.count < state.limit else { throw .busy(state.limit) }
            if let key = newcomer.peer.limitKey {
                let (count, limit) = (state.perAddress[key, default: 0], state.limitPerAddress)
                guard limit == 0 || count < limit else { throw .busyAddress(limit) }
                // Counted without a limit too: there may be one by and by.
                state.perAddress[key] = count + 1
            }
            return enter(newcomer, nil, &state)
        }
    }

    /// As `admit`, for a connection that can only be told why it is refused when it has made its request; nil if there
    /// are too many of those.
    func admit(_ newcomer: Newcomer, refusing problem: Problem) -> Connection? {
        state.withLock { state in
            forgetStale(newcomer.descriptor, &state)
            guard state.connections.count < state.limit + Self.refusedLimit else { return nil }
            return enter(newcomer, problem, &state)
        }
    }

    private func enter(_ newcomer: Newcomer, _ refusal: Problem?, _ state: inout State) -> Connection {
        state.generation &+= 1
        let connection = Connection(newcomer, generation: state.generation, refusal: refusal)
        state.connections[newcomer.descriptor] = connection
        tally.enter()
        return connection
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
        if connection.refusal == nil, let key = connection.peer.limitKey, let count = state.perAddress[key] {
            state.perAddress[key] = count > 1 ? count - 1 : nil
        }
        tally.leave()
    }
}
