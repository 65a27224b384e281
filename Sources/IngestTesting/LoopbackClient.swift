import CLinux
import Glibc
package import SystemPackage
import Threading

/// An HTTP client that is as rude as a test wants: it sends any bytes and ends a connection in any way.
///
/// One connection, used by one task at a time. Its calls block threads of its own, never the cooperative pool; of the
/// calls of all clients 128 receive and 128 send at once, the others wait for their turn.
package final class LoopbackClient: Sendable {
    /// Where the server listens.
    package enum Address: Sendable, Hashable {
        /// A port of 127.0.0.1.
        case port(UInt16)
        case unix(FilePath)
    }

    static let senders = BlockingThreads(name: "test-send", count: 128)
    private static let receivers = BlockingThreads(name: "test-receive", count: 128)

    private struct State {
        var descriptor: Int32?
        var parser = ReplyParser()
        var isAtEnd = false
    }
    private let state: Locked<State>

    private init(descriptor: Int32) {
        state = Locked(State(descriptor: descriptor))
    }

    deinit {
        close()
    }

    /// Connects; later each single send or receive may take `timeout`.
    package static func connect(
        to address: Address,
        timeout: Duration = .seconds(20)
    ) async throws(LoopbackError) -> LoopbackClient {
        let milliseconds = Int32(timeout / .milliseconds(1))
        return try await senders.run { () throws(LoopbackError) in
            let descriptor =
                switch address {
                case .port(let port): clinux_connect_loopback(port, milliseconds)
                case .unix(let path): clinux_connect_unix(path.string, milliseconds)
                }
            guard descriptor >= 0 else { throw LoopbackError("no connection", cause: Errno(rawValue: errno)) }
            return LoopbackClient(descriptor: descriptor)
        }
    }

    /// Sends all of it, or throws; what the server has answered meanwhile can still be read.
    package func send(_ bytes: [UInt8]) async throws(LoopbackError) {
        let descriptor = try descriptor()
        try await Self.senders.run { () throws(LoopbackError) in
            var sent = 0
            while sent < bytes.count {
                let count = bytes.withUnsafeBytes { buffer in
                    let part = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                    return Glibc.send(descriptor, part.baseAddress, part.count, Int32(MSG_NOSIGNAL))
                }
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else {
                    throw LoopbackError("\(sent) of \(bytes.count) bytes sent", cause: Errno(rawValue: errno))
                }
                sent += count
            }
        }
    }

    package func send(_ text: String) async throws(LoopbackError) {
        try await send(Array(text.utf8))
    }

    /// The next response, interim ones (1xx) included.
    package func readReply(isAnswerToHead: Bool = false) async throws(LoopbackError) -> Reply {
        while true {
            let (reply, isAtEnd) = try state.withLock { state throws(LoopbackError) in
                let reply = try state.parser.next(isAnswerToHead: isAnswerToHead, isAtEnd: state.isAtEnd)
                return (reply, state.isAtEnd)
            }
            if let reply { return reply }
            guard !isAtEnd else { throw LoopbackError(.closed, "the connection was closed before a whole response") }
            try await receive()
        }
    }

    /// Everything that has not been read, up to the server's end of the connection.
    package func readToEnd() async throws(LoopbackError) -> [UInt8] {
        while !state.withLock({ $0.isAtEnd }) {
            try await receive()
        }
        return state.withLock { state in
            defer { state.parser = ReplyParser() }
            return state.parser.rest
        }
    }

    /// Ends our direction only (FIN); responses can still be read.
    package func finishSending() throws(LoopbackError) {
        guard shutdown(try descriptor(), Int32(SHUT_WR)) == 0 else {
            throw LoopbackError("the connection cannot be half-closed", cause: Errno(rawValue: errno))
        }
    }

    /// Ends the connection with RST.
    package func reset() {
        state.withLock { state in
            guard let descriptor = state.descriptor.take() else { return }
            clinux_reset_on_close(descriptor)
            Glibc.close(descriptor)
        }
    }

    /// Ends the connection.
    package func close() {
        state.withLock { state in
            guard let descriptor = state.descriptor.take() else { return }
            Glibc.close(descriptor)
        }
    }

    private func descriptor() throws(LoopbackError) -> Int32 {
        guard let descriptor = state.withLock({ $0.descriptor }) else {
            throw LoopbackError(.notConnected, "the connection was closed by the test")
        }
        return descriptor
    }

    private func receive() async throws(LoopbackError) {
        let descriptor = try descriptor()
        let received = try await Self.receivers.run { () throws(LoopbackError) in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                if count < 0 && errno == EINTR { continue }
                guard count >= 0 else {
                    throw LoopbackError("nothing received", cause: Errno(rawValue: errno))
                }
                return Array(buffer.prefix(count))
            }
        }
        state.withLock { state in
            state.parser.append(received)
            state.isAtEnd = received.isEmpty
        }
    }
}
