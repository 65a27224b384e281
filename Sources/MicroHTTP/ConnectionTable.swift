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
    func admit(
        _ descriptor: Int32,
        peer: PeerAddress,
        local: BoundAddress,
        at now: ContinuousClock.Instant
    ) throws(Problem) -> Connection {
        try state.withLock { state throws(Problem) in
            // The library closes a connection it cannot start without a word, and its number comes back.
            if let stale = state.connections[descriptor] {
                stale.closed()
                forget(stale, &state)
            }
            guard state.connections.count < state.limit else { throw .busy(state.limit) }
            if let key = peer.limitKey {
                let (count, limit) = (state.perAddress[key, default: 0], state.limitPerAddress)
                guard limit == 0 || count < limit else { throw .busyAddress(limit) }
                // Counted without a limit too: there may be one by and by.
                state.perAddress[key] = count + 1
            }
            state.generation &+= 1
            let connection = Connection(
                descriptor: descriptor,
                generation: state.generation,
                peer: peer,
                local: local,
                at: now
            )
            state.connections[descriptor] = connection
            tally.enter()
            return connection
        }
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
        if let key = connection.peer.limitKey, let count = state.perAddress[key] {
            state.perAddress[key] = count > 1 ? count - 1 : nil
        }
        tally.leave()
    }
}
