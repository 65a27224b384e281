import Threading

/// What is written past the library while the handler works.
extension Exchange {
    /// Bytes of interim responses that may wait for the library's next call.
    private static let keptLimit = 8 << 10
    /// Bytes that may be on their way to the client when one more is sent.
    ///
    /// A client that sends its body and does not look at what comes back must not find the socket full one day: then a
    /// part of a response would go out.
    private static let backlogLimit: Int64 = 32 << 10

    /// Writes an interim response from whatever thread, while the library has nothing of its own to write.
    ///
    /// That is not before its `100 Continue` is out, and not once the answer is its. Over TLS the response waits for the
    /// library's next call. Returns whether it was written, or will be in that call.
    func send(_ interim: InterimResponse) -> Bool {
        let bytes = interim.bytes
        return state.withLock { state in
            guard state.takesInterim, connection.sendBacklog() <= Self.backlogLimit else { return false }
            switch state.machine.interim() {
            case .drop:
                return false
            case .keep:
                guard state.kept.count + bytes.count <= Self.keptLimit else { return false }
                state.kept += bytes
                return true
            case .write:
                // What was kept comes first.
                let all = state.kept + bytes
                state.kept = []
                return connection.send(all)
            }
        }
    }

    /// In a call of the library's, with the lock held.
    func sendKept(_ state: inout State) {
        guard !state.kept.isEmpty else { return }
        if state.machine.takesKept { _ = connection.send(state.kept) }
        state.kept = []
    }

    /// Ends the reading of the body; the handler answers, and the connection closes.
    func interrupt() {
        let (reader, awakened): (Reader?, [Exchange]) = state.withLock { state in
            let isRead = state.machine.isBodyComplete && state.queue.isEmpty
            guard !isRead, state.machine.interrupt() else { return (nil, []) }
            state.wait = .none
            state.clock.setRunning(false, at: server.now)
            defer { state.reader = nil }
            return (state.reader, clearQueue(&state))
        }
        reader?.resume(throwing: RequestBodyError(.interrupted))
        for exchange in awakened { exchange.hasRoom() }
    }
}
