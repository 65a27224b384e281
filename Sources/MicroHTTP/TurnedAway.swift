import CLinux
import Glibc

/// Connections that got a 503 at once, read for a moment before they are closed: closing a socket with unread data
/// resets the connection, and the client might lose the answer.
struct TurnedAway {
    private static let limit = 256
    private static let lingerTime = Duration.seconds(1)

    private let poll: Int32
    private var deadlines: [Int32: ContinuousClock.Instant] = [:]

    var isEmpty: Bool { deadlines.isEmpty }

    init(poll: Int32) {
        self.poll = poll
    }

    /// Answers and keeps the socket for a while; its events have the descriptor as token.
    mutating func add(_ descriptor: Int32, _ problem: Problem) {
        let bytes = problem.response.rawBytes(isHead: false)
        _ = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
        _ = shutdown(descriptor, Int32(SHUT_WR))
        let what = UInt32(clinux_readable)
        guard deadlines.count < Self.limit, clinux_poll_add(poll, descriptor, what, UInt64(descriptor)) == 0 else {
            _ = close(descriptor)
            return
        }
        deadlines[descriptor] = .now + Self.lingerTime
    }

    /// The peer sent something, or closed.
    mutating func readable(_ descriptor: Int32) {
        guard deadlines[descriptor] != nil else { return }
        let count = withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) {
            recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) { drop(descriptor) }
    }

    mutating func sweep() {
        guard !deadlines.isEmpty else { return }
        let now = ContinuousClock.now
        for (descriptor, deadline) in deadlines where deadline < now { drop(descriptor) }
    }

    mutating func dropAll() {
        for descriptor in deadlines.keys { drop(descriptor) }
    }

    private mutating func drop(_ descriptor: Int32) {
        deadlines[descriptor] = nil
        _ = close(descriptor)
    }
}
