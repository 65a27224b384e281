import CLinux
import Glibc

/// Connections that were refused at once, read for a moment before they are closed: closing a socket with unread data
/// resets the connection, and the client might lose the answer.
///
/// They are bounded in number, time and bytes; the oldest makes room for a new one.
struct TurnedAway {
    private struct Entry {
        let deadline: ContinuousClock.Instant
        /// Bytes that may come in still.
        var patience = 1 << 20
    }

    private static let limit = 256
    private static let lingerTime = Duration.seconds(1)

    private let poll: Int32
    private var entries: [Int32: Entry] = [:]
    /// The order in which they came, and in which their deadlines are; some may be closed already.
    private var order: [(descriptor: Int32, deadline: ContinuousClock.Instant)] = []

    var isEmpty: Bool { entries.isEmpty }

    init(poll: Int32) {
        self.poll = poll
    }

    /// Answers and keeps the socket for a while; its events have the descriptor as token.
    mutating func add(_ descriptor: Int32, _ problem: Problem) {
        if entries.count >= Self.limit,
            let oldest = order.first(where: { entries[$0.descriptor]?.deadline == $0.deadline })
        {
            drop(oldest.descriptor)
        }
        Self.answer(descriptor, problem)
        guard clinux_poll_add(poll, descriptor, UInt32(clinux_readable), UInt64(descriptor)) == 0 else {
            _ = close(descriptor)
            return
        }
        let deadline = ContinuousClock.now + Self.lingerTime
        entries[descriptor] = Entry(deadline: deadline)
        order.append((descriptor, deadline))
    }

    /// Answers and closes, when no descriptor can be spared: what has arrived is read, so that a small request's answer
    /// is not lost.
    static func answerAndClose(_ descriptor: Int32, _ problem: Problem) {
        answer(descriptor, problem)
        _ = discard(descriptor)
        _ = close(descriptor)
    }

    /// The peer sent something, or closed.
    mutating func readable(_ descriptor: Int32) {
        guard let entry = entries[descriptor] else { return }
        let count = Self.discard(descriptor)
        if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) || count > entry.patience {
            drop(descriptor)
        } else if count > 0 {
            entries[descriptor]?.patience -= count
        }
    }

    mutating func sweep() {
        guard !order.isEmpty else { return }
        let now = ContinuousClock.now
        let past = order.prefix { $0.deadline < now || entries[$0.descriptor]?.deadline != $0.deadline }
        for (descriptor, deadline) in past where entries[descriptor]?.deadline == deadline { drop(descriptor) }
        order.removeFirst(past.count)
    }

    mutating func dropAll() {
        for descriptor in entries.keys { drop(descriptor) }
    }

    private mutating func drop(_ descriptor: Int32) {
        entries[descriptor] = nil
        _ = close(descriptor)
    }

    private static func answer(_ descriptor: Int32, _ problem: Problem) {
        let bytes = problem.response.rawBytes(isHead: false)
        _ = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
        _ = shutdown(descriptor, Int32(SHUT_WR))
    }

    private static func discard(_ descriptor: Int32) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 16 << 10, alignment: 1) {
            recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
        }
    }
}
