import HTTPTypes
import Logging
import Threading

extension Exchange {
    /// Starts the handler in a task of its own.
    ///
    /// Called with the lock held, so that `fail` finds the task.
    func start(_ request: Request, _ state: inout State) {
        server.handlerStarted()
        state.task = Task { [self] in
            answer(await options.handler(request))
            server.handlerEnded()
        }
    }

    private func answer(_ response: Response) {
        let awakened: [Exchange] = state.withLock { state in
            state.response = response
            let action = state.machine.answered()
            guard action != .drop else {
                state.response = nil  // Closes its file.
                return clearQueue(&state)
            }
            state.status = response.status.code
            state.answeredAt = server.now
            // Nobody reads what is queued.
            let awakened = clearQueue(&state)
            perform(action, &state)
            return awakened
        }
        for exchange in awakened { exchange.hasRoom() }
    }

    // MARK: Body

    /// The fields behind the body, once its end has been handed over.
    var trailers: HTTPFields {
        state.withLock { $0.machine.isBodyComplete && $0.queue.isEmpty ? $0.trailers : [:] }
    }

    /// The body's next chunk, nil at its end.
    func nextChunk() async throws -> [UInt8]? {
        if let outcome = readNow() { return try outcome.get() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                wait(continuation)
            }
        } onCancel: {
            let reader = state.withLock { state in
                defer { state.reader = nil }
                return state.reader
            }
            reader?.resume(throwing: CancellationError())
        }
    }

    /// What can be said without waiting; asks the library for more when there is nothing.
    private func readNow() -> Result<[UInt8]?, any Error>? {
        let (outcome, awakened) = state.withLock { state in
            let awakened = server.budget.giveBack(id, state.queue.takeBack())
            let outcome = read(&state)
            return (outcome, awakened)
        }
        for exchange in awakened { exchange.hasRoom() }
        return outcome
    }

    private func read(_ state: inout State) -> Result<[UInt8]?, any Error>? {
        if state.machine.isInterrupted { return .failure(RequestBodyError(.interrupted)) }
        if !state.isAsked {
            state.isAsked = true
            if !state.queue.isEmpty { server.budget.ask(id) }
        }
        let chunk = state.queue.next()
        let hasRoom =
            switch state.wait {
            case .none, .line: false
            case .asking: true
            case .share: server.budget.hasRoom(id)
            }
        if hasRoom {
            state.wait = .none
            perform(state.machine.hasRoom(), &state)
        }
        if let chunk { return .success(chunk) }
        if let failure = state.machine.failure { return .failure(RequestBodyError(failure)) }
        if state.machine.isBodyComplete { return .success(nil) }
        perform(state.machine.wanted(), &state)
        return nil
    }

    private func wait(_ continuation: CheckedContinuation<[UInt8]?, any Error>) {
        let outcome: Result<[UInt8]?, any Error>? = state.withLock { state in
            // The end of the exchange cancels the task too: why it ended is worth more.
            if let outcome = read(&state) { return outcome }
            if Task.isCancelled { return .failure(CancellationError()) }
            precondition(state.reader == nil, "two tasks wait for one request body")
            state.reader = continuation
            return nil
        }
        if let outcome { continuation.resume(with: outcome) }
    }
}
