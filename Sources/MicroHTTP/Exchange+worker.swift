import CLinux
import CMicroHTTPD
import HTTPTypes
import Threading

/// The library's calls for a request, on the thread that serves its connection.
extension Exchange {
    /// A body up to this size is queued without waiting for the handler to ask: it fits the library's buffer, and
    /// stopping the connection would cost more than reading it.
    private static let smallBody: Int64 = 64 << 10

    /// The first call: the framing is judged, and the handler started.
    ///
    /// Returns whether the connection may live on.
    func begin(_ head: RequestHead) -> Bool {
        let layout = HeadLayout(
            target: targetAddress,
            targetLength: target.count,
            headerSize: cmicrohttpd_header_size(handle.pointer)
        )
        do throws(Problem) {
            guard !HeadLayout.isKnown || layout.isSound(head) else {
                throw Problem(.badRequest, "framing", "The header section is malformed.")
            }
            let verdict = try FramingRules.check(head)
            if let refusal = connection.refusal { throw refusal }
            // Whoever was accepted before the stop is served. With sockets that outlive the process nobody is refused,
            // whatever the connection was used for before: the answer ends it.
            if server.isDraining, !connection.isFresh, !connection.comesByInherited { throw .draining }
            let request = try Request(head, length: verdict.length, exchange: self)
            return begin(request, verdict, headerSize: layout.headerSize)
        } catch {
            server.metrics.refused(error.rule)
            return refuse(error)
        }
    }

    private func begin(_ request: Request, _ verdict: FramingRules.Verdict, headerSize: Int) -> Bool {
        let isLarge = (verdict.length.declared ?? 0) > Self.smallBody
        connection.began(self)
        let action = state.withLock { state in
            state.machine = ExchangeState(
                length: verdict.length,
                expectsContinue: verdict.expectsContinue,
                holdsBack: verdict.expectsContinue || isLarge,
                writesInCalls: connection.isTLS
            )
            state.hasBegun = true
            state.takesInterim = request.isHTTP11 && options.value.interimResponses
            state.headerSize = headerSize
            state.method = request.method.rawValue
            state.client = request.peer
            state.bodySince = verdict.length.isEmpty ? nil : server.now
            start(request, &state)
            return headerAction(&state)
        }
        return finish(action)
    }

    /// Whether the first call was made.
    var hasBegun: Bool { state.withLock { $0.hasBegun } }

    /// A call without bytes after the first: for the header section again, or for the end of the request.
    func callWithoutBytes() -> Bool {
        state.withLock({ $0.machine.isInHeader }) ? finish(state.withLock { headerAction(&$0) }) : final()
    }

    private func headerAction(_ state: inout State) -> ExchangeState.WorkerAction {
        sendKept(&state)
        let action = state.machine.headerCall()
        suspend(if: action)
        state.clock.setRunning(state.machine.isReading, at: server.now)
        return action
    }

    /// A call with body bytes.
    ///
    /// Sets how many of them the library shall keep and show again.
    func body(_ bytes: UnsafeRawBufferPointer, remaining: inout Int) -> Bool {
        let outcome: BodyOutcome = state.withLock { state in
            defer { moveWatermark(bytes.count, &state) }
            sendKept(&state)
            switch state.machine.bodyCall() {
            case .take:
                return take(bytes, &state)
            case .sendRawAndDiscard:
                sendRaw(&state)
                state.machine.discarded(bytes.count)
                return BodyOutcome()
            case .discard:
                state.machine.discarded(bytes.count)
                return BodyOutcome()
            case .leave:
                return BodyOutcome(kept: bytes.count)
            case .close:
                return BodyOutcome(isOpen: false)
            }
        }
        remaining = outcome.kept
        outcome.reader?.resume(returning: outcome.chunk)
        for exchange in outcome.called { exchange.hasRoom() }
        return outcome.isOpen
    }

    /// What is left to do once the lock is given up.
    private struct BodyOutcome {
        var isOpen = true
        /// Bytes the library shall show again.
        var kept = 0
        var reader: Reader?
        var chunk: [UInt8]?
        var called: [Exchange] = []
    }

    /// The end of a chunked body cannot be told from here, so none of it is held back.
    private func moveWatermark(_ count: Int, _ state: inout State) {
        guard !connection.isTLS, case .known(let declared) = state.machine.length else { return }
        let missing = declared - state.machine.received - Int64(state.leftover)
        if let mark = state.watermark.moved(count, missing: missing) { connection.setReceiveWatermark(mark) }
    }

    private func take(_ bytes: UnsafeRawBufferPointer, _ state: inout State) -> BodyOutcome {
        let (grant, called) = server.budget.take(self, bytes.count, isAsked: state.isAsked)
        let taken = UnsafeRawBufferPointer(rebasing: bytes[..<grant.count])
        state.queue.append(taken)
        // A slow body's burst: the library would keep the memory for the next, and looks not again at what was taken.
        if state.watermark.isRaised { clinux_forget(taken.baseAddress, taken.count) }
        state.clock.moved(Int64(grant.count))
        state.wait = grant.wait
        state.leftover = bytes.count - grant.count
        suspend(if: state.machine.took(grant.count, isFull: grant.wait != .none))
        state.clock.setRunning(state.machine.isReading, at: server.now)
        var outcome = BodyOutcome(kept: state.leftover, called: called)
        if let reader = state.reader, let chunk = state.queue.next() {
            state.reader = nil
            outcome.reader = reader
            outcome.chunk = chunk
        }
        return outcome
    }

    /// A call without bytes at the end of the request, or again while the response is awaited.
    private func final() -> Bool {
        let outcome: FinalOutcome = state.withLock { state in
            sendKept(&state)
            if state.machine.isAtChunkedEnd {
                do throws(Problem) {
                    state.trailers = try TrailerRules.trailers(of: handle)
                } catch {
                    return refuseTrailers(error, &state)
                }
            }
            let action = state.machine.finalCall()
            suspend(if: action)
            state.clock.setRunning(false, at: server.now)
            guard state.machine.isBodyComplete, !state.machine.isInterrupted else {
                return FinalOutcome(action: action)
            }
            defer { state.reader = nil }
            return FinalOutcome(action: action, reader: state.reader)
        }
        guard let refusal = outcome.refusal else {
            outcome.reader?.resume(returning: nil)
            return finish(outcome.action)
        }
        server.metrics.refused(refusal.rule)
        outcome.reader?.resume(throwing: RequestBodyError(.malformed))
        outcome.task?.cancel()
        for exchange in outcome.awakened { exchange.hasRoom() }
        return refusal.response.queue(on: handle.pointer, closing: true)
    }

    /// What is left to do once the lock is given up.
    private struct FinalOutcome {
        var action = ExchangeState.WorkerAction.close
        var reader: Reader?
        /// Answers in place of the handler.
        var refusal: Problem?
        var task: Task<Void, Never>?
        var awakened: [Exchange] = []
    }

    private func refuseTrailers(_ problem: Problem, _ state: inout State) -> FinalOutcome {
        guard state.machine.refuse() else { return FinalOutcome() }
        state.response = nil
        state.status = problem.status.code
        state.answeredAt = server.now
        state.clock.setRunning(false, at: server.now)
        defer { state.reader = nil }
        return FinalOutcome(
            reader: state.reader,
            refusal: problem,
            task: state.task,
            awakened: takesNoMore(&state)
        )
    }

    /// Called with the lock held: nobody sees `isSuspended` before the library has suspended.
    private func suspend(if action: ExchangeState.WorkerAction) {
        if action == .suspend { MHD_suspend_connection(handle.pointer) }
    }

    private func finish(_ action: ExchangeState.WorkerAction) -> Bool {
        switch action {
        case .proceed, .suspend:
            return true
        case .close:
            return false
        case .reply:
            let (response, closing) = state.withLock { state in
                defer { state.response = nil }
                return (state.response, state.machine.endsConnection || server.isDraining)
            }
            guard let response else { return false }
            return response.queue(on: handle.pointer, closing: closing)
        }
    }

    /// Answers in the header call, which makes the library close the connection afterwards.
    private func refuse(_ problem: Problem) -> Bool {
        connection.began(self)
        state.withLock { state in
            state.hasBegun = true
            state.machine = .refused
            state.status = problem.status.code
            state.answeredAt = server.now
        }
        return problem.response.queue(on: handle.pointer, closing: true)
    }

    /// The library is done with the request; the exchange is not called again.
    func completed(_ code: MHD_RequestTerminationCode) {
        let (reader, task, ended, awakened, size) = state.withLock { state in
            let wasRunning = state.status == nil
            let isBroken = state.machine.length == .chunked && code == .REQUEST_TERMINATED_WITH_ERROR
            if isBroken, !state.machine.isBodyComplete { _ = state.machine.fail(.malformed) }
            state.machine.completed()
            defer { state.reader = nil }
            let awakened = takesNoMore(&state)
            let task = wasRunning ? state.task : nil
            let size = Int64(state.headerSize) + state.machine.received
            return (state.reader, task, EndedRequest(state), awakened, size)
        }
        reader?.resume(throwing: RequestBodyError(ended.failure ?? .disconnected))
        task?.cancel()
        for exchange in awakened { exchange.hasRoom() }
        connection.ended(requestSize: size, at: server.now)
        server.requestEnded(self, ended)
    }
}
