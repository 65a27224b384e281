import CMicroHTTPD
import HTTPTypes
import Logging
import Synchronization
import Threading

/// One request and its response between the library's thread and the handler's task: the lock around `ExchangeState`,
/// and the calls its actions ask for.
///
/// Lock order: exchange, then connection or budget. Calls into *other* exchanges come after the lock is given up.
final class Exchange: Sendable {
    typealias Reader = CheckedContinuation<[UInt8]?, any Error>

    struct State {
        var machine: ExchangeState
        var queue = BodyQueue()
        var clock: RateClock
        var watermark = ReceiveWatermark()
        var wait = BufferBudget.Wait.none
        /// The handler has asked for the body.
        var isAsked = false
        /// Body bytes the library holds and will show again.
        var leftover = 0
        var reader: Reader?
        var task: Task<Void, Never>?
        var response: Response?
        var hasBegun = false
        var method: String?
        /// Who sent the request, once that is known.
        var client: PeerAddress?
        var status: Int?
        var bodySince: ContinuousClock.Instant?
        var answeredAt: ContinuousClock.Instant?
        var drain: DrainClock
        /// Bytes of the header section.
        var headerSize = 0
        /// The client takes interim responses.
        var takesInterim = false
        /// Interim responses that wait for the library's next call.
        var kept: [UInt8] = []
        var trailers: HTTPFields = [:]
    }

    private static let counter = Atomic<UInt64>(0)

    let id: UInt64
    let connection: Connection
    let server: ServerCore
    /// Those of the server when the request began.
    let options: FixedOptions
    let handle: LibraryConnection
    let target: [UInt8]
    /// Where the library had the target; only compared.
    let targetAddress: UInt
    let began: ContinuousClock.Instant
    let state: Locked<State>

    init(connection: Connection, server: ServerCore, handle: LibraryConnection, target: [UInt8], address: UInt) {
        id = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        self.connection = connection
        self.server = server
        options = server.fixedOptions
        self.handle = handle
        self.target = target
        targetAddress = address
        began = server.now
        state = Locked(
            State(
                machine: ExchangeState(length: .none, expectsContinue: false, holdsBack: false),
                clock: RateClock(minRate: options.value.minRate, grace: options.value.minRateGrace),
                drain: DrainClock(minRate: options.value.minRate, stall: options.value.downloadStall)
            )
        )
    }

    /// Does what the state machine asks of the other side.
    ///
    /// Called with the lock held.
    func perform(_ action: ExchangeState.Action, _ state: inout State) {
        switch action {
        case .none, .drop:
            break
        case .resume:
            MHD_resume_connection(handle.pointer)
        case .sendRaw:
            sendRaw(&state)
        case .sendRawAndResume:
            sendRaw(&state)
            MHD_resume_connection(handle.pointer)
        }
        state.clock.setRunning(state.machine.isReading, at: server.now)
    }

    /// Writes the response to the socket past the library and shuts our direction down, so that the client sees the
    /// end of the response while it may still be sending.
    func sendRaw(_ state: inout State) {
        guard let response = state.response else { return }
        state.response = nil
        state.answeredAt = server.now
        connection.sendLast(state.kept + response.sendable.rawBytes(isHead: false))
        state.kept = []
    }

    /// Ends the exchange: the body throws, the handler's task is cancelled, its answer will be dropped.
    ///
    /// Shuts the socket down first, so that the library finds it closed once the connection is resumed.
    func fail(_ code: RequestBodyError.Code, answer: Problem? = nil) {
        let (reader, task, awakened) = state.withLock { state in
            defer { state.reader = nil }
            if let answer, state.machine.isReading, !connection.isTLS {
                state.response = answer.response
                state.status = answer.status.code
                sendRaw(&state)
            }
            connection.shutDown()
            perform(state.machine.fail(code), &state)
            return (state.reader, state.task, takesNoMore(&state))
        }
        reader?.resume(throwing: RequestBodyError(code))
        task?.cancel()
        for exchange in awakened { exchange.hasRoom() }
    }

    /// The budget has called: bytes are set aside for this exchange.
    func hasRoom() {
        state.withLock { state in
            state.wait = .none
            perform(state.machine.hasRoom(), &state)
        }
    }

    /// Nothing more comes in; what is queued stays for the handler.
    ///
    /// Returns whom the budget calls, for after the lock.
    func takesNoMore(_ state: inout State) -> [Exchange] {
        state.wait = .none
        return server.budget.withdraw(id)
    }

    /// Throws the queued bytes away.
    ///
    /// Returns whom the budget calls, for after the lock.
    func clearQueue(_ state: inout State) -> [Exchange] {
        state.queue.removeAll()
        return server.budget.close(id)
    }
}
