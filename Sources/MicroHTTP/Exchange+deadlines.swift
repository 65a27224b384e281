import Threading

extension Exchange {
    /// How long the rest of a small body may take to come in before the response is sent past the library.
    private static let discardTime = Duration.seconds(1)
    /// How long the socket is read after a response that was sent past the library.
    private static let lingerTime = Duration.seconds(5)

    /// Bytes that GnuTLS may have read and not handed over: the largest record.
    private static let recordSize: Int64 = 17 << 10

    private enum Verdict {
        case goOn
        case fail(RequestBodyError.Code, Problem?)
        case wakeForEnd
    }

    /// Looks at the exchange's clocks, some times a second.
    func tick(_ now: ContinuousClock.Instant) {
        let verdict = state.withLock { state in self.verdict(now, &state) }
        switch verdict {
        case .goOn: break
        case .wakeForEnd: connection.wakeForEnd()
        case .fail(let code, let problem): fail(code, answer: problem)
        }
    }

    private func verdict(_ now: ContinuousClock.Instant, _ state: inout State) -> Verdict {
        let machine = state.machine
        switch machine.stage {
        case .replied:
            guard state.drain.isDue(at: now), let reading = connection.sendProgress() else { return .goOn }
            return state.drain.isTooSlow(reading, at: now) ? .fail(.disconnected, nil) : .goOn
        case .lingering:
            if let since = state.answeredAt, now - since > Self.lingerTime { return .fail(.disconnected, nil) }
        case .header, .body:
            if state.machine.isReading, state.clock.isTooSlow(at: now) { return tooSlow(&state) }
            let limit = options.value.maxUploadTime
            if limit > .zero, let since = state.bodySince, now - since > limit {
                return .fail(.timedOut, .timedOut)
            }
            if machine.isDiscarding, let since = state.answeredAt, now - since > Self.discardTime {
                perform(state.machine.discardTimedOut(), &state)
                // The response waits for a call of the library's, and that for the client.
                if machine.writesInCalls, now - since > Self.lingerTime { return .fail(.disconnected, nil) }
            }
        case .final, .ended:
            return .goOn
        }
        return connection.isHalfClosed ? halfClosed(state) : .goOn
    }

    private func tooSlow(_ state: inout State) -> Verdict {
        // It may have sent more than it is known for.
        guard let mark = state.watermark.lower(), connection.bytesWaiting() > 0 else {
            return .fail(.tooSlow, .tooSlow)
        }
        connection.setReceiveWatermark(mark)
        return .goOn
    }

    /// The peer sends no more, and the library has not seen the end of the body.
    private func halfClosed(_ state: State) -> Verdict {
        guard state.machine.isSuspended else { return .wakeForEnd }
        // A suspended connection cannot notice. What has arrived and is not read yet may well be all that was missing.
        guard case .known(let declared) = state.machine.length else { return .goOn }
        let unseen = state.machine.stage == .header ? Int64(LibraryDaemon.pool) : Int64(state.leftover)
        let inTLS = connection.isTLS ? Self.recordSize : 0
        let missing = declared - state.machine.received - unseen - inTLS - connection.bytesWaiting()
        return missing > 0 ? .fail(.disconnected, nil) : .goOn
    }

    /// The connection is reset, or closed in both directions.
    func peerVanished() {
        let isDone = state.withLock { state in
            switch state.machine.stage {
            case .replied, .lingering, .ended: true
            case .header, .body, .final: false
            }
        }
        if !isDone { fail(.disconnected) }
    }
}
