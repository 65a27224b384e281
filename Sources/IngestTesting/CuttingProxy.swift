import CLinux
import Glibc
import SystemPackage
import Threading

/// Passes connections on to a server, and breaks them where a test says.
package final class CuttingProxy: Sendable {
    package enum Limit: Sendable {
        case none
        /// After so many bytes from the client its connection is reset; the server gets all of them.
        case cut(after: Int)
        /// After so many bytes from the client no more are taken, until either side ends the connection or `release` does.
        case hold(after: Int)
        /// After so many bytes from the server the client's connection is reset.
        case cutAnswer(after: Int)
    }

    private struct State {
        var server: LoopbackClient.Address
        var forwarded: [Int] = []
        var answered: [Int] = []
        var held = 0
        var isReleased = false
    }

    private let state: Locked<State>
    private let listener: ScriptedListener

    package var port: UInt16 { listener.port }
    package var url: String { "http://127.0.0.1:\(port)" }
    /// Bytes of the clients that the server was given, by connection.
    package var forwarded: [Int] { state.withLock { $0.forwarded } }
    /// Bytes of the server that the clients were given, by connection.
    package var answered: [Int] { state.withLock { $0.answered } }
    /// Connections that came to their limit, so far.
    package var held: Int { state.withLock { $0.held } }

    /// `limit` is asked for each connection, by its number from 0 on.
    package init(to server: LoopbackClient.Address, _ limit: @escaping @Sendable (Int) -> Limit) throws {
        let state = Locked(State(server: server))
        self.state = state
        listener = try ScriptedListener { client, number in
            state.withLock { state in
                while state.forwarded.count <= number {
                    state.forwarded.append(0)
                    state.answered.append(0)
                }
            }
            let upstream = Self.connect(state.withLock { $0.server })
            guard upstream >= 0 else { return }
            let server = ScriptedConnection(upstream)
            Self.pass(client, server, limit(number), state, number)
        }
    }

    /// Has later connections go elsewhere.
    package func redirect(to server: LoopbackClient.Address) {
        state.withLock { $0.server = server }
    }

    /// Cuts the connections that are held, now and later.
    package func release() {
        state.withLock { $0.isReleased = true }
    }

    private static func connect(_ address: LoopbackClient.Address) -> Int32 {
        switch address {
        case .port(let port): clinux_connect_loopback(port, 60_000)
        case .unix(let path): clinux_connect_unix(path.string, 60_000)
        }
    }

    private static func pass(
        _ client: ScriptedConnection,
        _ server: ScriptedConnection,
        _ limit: Limit,
        _ state: Locked<State>,
        _ number: Int
    ) {
        var left = Int.max
        var leftOfAnswer = Int.max
        switch limit {
        case .none: break
        case .cut(let count), .hold(let count): left = count
        case .cutAnswer(let count): leftOfAnswer = count
        }
        while true {
            // Without room the client is only watched for its end.
            var entries = [
                pollfd(fd: client.descriptor, events: left > 0 ? Int16(POLLIN) : 0, revents: 0),
                pollfd(fd: server.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&entries, 2, left > 0 ? -1 : 20) >= 0 else { return }
            if left == 0, state.withLock({ $0.isReleased }) { return client.resetAtEnd() }
            if entries[1].revents != 0 {
                guard let bytes = server.read(atMost: leftOfAnswer), client.send(bytes) else {
                    return client.resetAtEnd()
                }
                leftOfAnswer -= bytes.count
                state.withLock { $0.answered[number] += bytes.count }
                if leftOfAnswer == 0 { return client.resetAtEnd() }
            }
            guard entries[0].revents != 0 else { continue }
            guard left > 0, let bytes = client.read(atMost: left), server.send(bytes) else { return }
            left -= bytes.count
            let isFull = left == 0
            state.withLock { state in
                state.forwarded[number] += bytes.count
                if isFull { state.held += 1 }
            }
            if isFull, case .cut = limit { return client.resetAtEnd() }
        }
    }
}

extension ScriptedConnection {
    fileprivate func read(atMost count: Int) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: min(count, 1 << 16))
        let received = recv(descriptor, &buffer, buffer.count, 0)
        return received > 0 ? Array(buffer.prefix(received)) : nil
    }
}
