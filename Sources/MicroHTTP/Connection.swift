import CLinux
import CMicroHTTPD
import Glibc
import Threading

/// One TCP or Unix connection, from accept(2) to close(2).
///
/// The descriptor is the library's; it is only used under the lock while the connection is open. The library reports
/// the end before it closes the descriptor, so the number cannot have come to mean another connection.
final class Connection: Sendable {
    enum Phase: Sendable {
        /// Waiting for the end of a header section since.
        case header(since: ContinuousClock.Instant)
        /// Waiting for the first byte of a request since.
        case idle(since: ContinuousClock.Instant)
        case exchange(Exchange)
    }

    private struct State {
        var isOpen = true
        /// The library knows the connection.
        var isStarted = false
        var handle: LibraryConnection?
        /// They must live as long as the connection does.
        var credentials: TLSCredentials?
        var isHalfClosed = false
        /// When to look again whether a further request has begun.
        var nextLook: ContinuousClock.Instant?
        /// No request has ended on it yet.
        var isFresh = true
        /// Bytes of all requests that have ended.
        var requestBytes: Int64 = 0
        var phase: Phase
    }

    let descriptor: Int32
    /// Tells connections apart that had the same descriptor one after the other.
    let generation: UInt32
    let peer: PeerAddress
    let local: BoundAddress
    let isTLS: Bool
    /// Whether the socket that it came by outlives the server, so that a stop need refuse nothing.
    let comesByInherited: Bool
    /// What its request is answered with, whatever it is.
    let refusal: Problem?
    private let state: Locked<State>

    var phase: Phase { state.withLock { $0.phase } }
    var isStarted: Bool { state.withLock { $0.isStarted } }
    var isHalfClosed: Bool { state.withLock { $0.isHalfClosed } }
    /// Whether its request, if there is one, is the first.
    var isFresh: Bool { state.withLock { $0.isFresh } }

    init(_ newcomer: ConnectionTable.Newcomer, generation: UInt32, refusal: Problem? = nil) {
        descriptor = newcomer.descriptor
        self.generation = generation
        peer = newcomer.peer
        local = newcomer.local
        isTLS = newcomer.isTLS
        comesByInherited = newcomer.comesByInherited
        self.refusal = refusal
        state = Locked(State(phase: .header(since: newcomer.time)))
    }

    /// The library knows the connection; one over TLS is served with the `credentials`.
    func started(_ handle: LibraryConnection, _ credentials: TLSCredentials?) {
        let isUsable = !isTLS || credentials?.use(on: handle.pointer) == true
        state.withLock { state in
            state.isStarted = true
            state.handle = handle
            state.credentials = credentials
        }
        if !isUsable { shutDown() }
    }

    /// From here on the descriptor may be closed at any moment.
    func closed() {
        state.withLock { $0.isOpen = false }
    }

    /// Starts the time for the rest of a further request's header section, if nothing else has.
    func requestLineEnded(at now: ContinuousClock.Instant) {
        state.withLock { state in
            if case .idle = state.phase { state.phase = .header(since: now) }
        }
    }

    func began(_ exchange: Exchange) {
        state.withLock { $0.phase = .exchange(exchange) }
    }

    /// `requestSize`: bytes of the request's header section and body.
    func ended(requestSize: Int64, at now: ContinuousClock.Instant) {
        state.withLock { state in
            state.isFresh = false
            guard state.isOpen else { return }
            // Later versions of the library count a header section's bytes otherwise, and TLS adds bytes of its own.
            state.requestBytes =
                HeadLayout.isKnown && !isTLS ? state.requestBytes + requestSize : clinux_bytes_received(descriptor)
            state.phase = .idle(since: now)
            state.nextLook = nil
        }
    }

    /// The peer will send no more.
    func halfClosed() {
        state.withLock { $0.isHalfClosed = true }
    }

    /// Ends the connection for both sides; the library notices and closes it, unless it is suspended.
    func shutDown() {
        state.withLock { state in
            if state.isOpen { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
        }
    }

    /// Wakes the library for an end of input it has overlooked: its edge-triggered poll takes data and FIN that arrive
    /// together for data.
    ///
    /// What was received before stays readable.
    func wakeForEnd() {
        state.withLock { state in
            if state.isOpen { _ = shutdown(descriptor, Int32(SHUT_RD)) }
        }
    }

    /// Sends the bytes if the socket takes all of them at once.
    ///
    /// Ends the connection when it takes a part: nobody could make sense of what would follow. Over TLS it is for the
    /// library's calls for the connection only, as is `sendLast`.
    func send(_ bytes: [UInt8]) -> Bool {
        state.withLock { state in
            guard state.isOpen else { return false }
            if isTLS {
                let isSent = sendOverTLS(bytes, state)
                if !isSent { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
                return isSent
            }
            let sent = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
            if sent > 0, sent < bytes.count { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }
            return sent == bytes.count
        }
    }

    /// Sends what the socket takes at once, then no more.
    func sendLast(_ bytes: [UInt8]) {
        state.withLock { state in
            guard state.isOpen else { return }
            if isTLS {
                if sendOverTLS(bytes, state), let handle = state.handle { cmicrohttpd_tls_end(handle.pointer) }
            } else {
                _ = bytes.withUnsafeBytes { clinux_send(descriptor, $0.baseAddress, $0.count) }
            }
            _ = shutdown(descriptor, Int32(SHUT_WR))
        }
    }

    private func sendOverTLS(_ bytes: [UInt8], _ state: State) -> Bool {
        guard let handle = state.handle else { return false }
        return bytes.withUnsafeBytes { cmicrohttpd_tls_send(handle.pointer, $0.baseAddress, $0.count) == 0 }
    }

    /// Bytes that arrived and were not read; 0 when the connection is closed.
    func bytesWaiting() -> Int64 {
        state.withLock { $0.isOpen ? max(0, clinux_bytes_waiting(descriptor)) : 0 }
    }

    /// Has the library woken only once `bytes` have arrived; without effect on Unix sockets.
    ///
    /// Not to be called for TLS, whose records are of any size.
    func setReceiveWatermark(_ bytes: Int) {
        state.withLock { state in
            if state.isOpen { clinux_set_receive_watermark(descriptor, Int32(bytes)) }
        }
    }

    /// Bytes that were sent and wait for the peer; 0 when the connection is closed.
    func sendBacklog() -> Int64 {
        state.withLock { state in
            var progress = clinux_progress()
            guard state.isOpen, clinux_send_progress(descriptor, &progress) == 0 else { return 0 }
            return progress.waiting
        }
    }

    /// What the socket says about the response on its way; nil when the connection is closed.
    func sendProgress() -> DrainClock.Reading? {
        state.withLock { state in
            var progress = clinux_progress()
            guard state.isOpen, clinux_send_progress(descriptor, &progress) == 0 else { return nil }
            let isCounted = progress.taken >= 0
            return DrainClock.Reading(
                mark: isCounted ? progress.taken : progress.waiting,
                taken: isCounted ? progress.taken : nil,
                isPending: progress.waiting > 0
            )
        }
    }

    /// Whether the first request has begun to come in; on Unix sockets, whose bytes the kernel does not count, false.
    var hasBegunItsFirstRequest: Bool {
        state.withLock { $0.isOpen && $0.isFresh && clinux_bytes_received(descriptor) > 0 }
    }

    /// Looks whether an idle connection's next request has begun, and then starts the time for its header section.
    ///
    /// The library does not say, so the bytes that have arrived are compared with those of the requests so far; once in
    /// a while, because that is a system call. A client that sends empty lines between its requests, which belong to
    /// none, has the shorter time. On Unix sockets, whose bytes the kernel does not count, the idle time goes on until
    /// the end of the request line.
    func lookForRequest(every interval: Duration, at now: ContinuousClock.Instant) {
        state.withLock { state in
            guard state.isOpen, case .idle(let since) = state.phase else { return }
            guard now >= state.nextLook ?? (since + interval) else { return }
            state.nextLook = now + interval
            if clinux_bytes_received(descriptor) > state.requestBytes { state.phase = .header(since: now) }
        }
    }
}
