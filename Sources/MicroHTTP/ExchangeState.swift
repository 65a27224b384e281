/// One request and its response, as the library's callbacks and the handler's task see it: a pure state machine.
///
/// Two sides drive it, never at the same time (a lock is around it). The *worker* side are the library's calls for the
/// request, made by one thread: header call(s), body calls, final call(s). What they return the worker must do at once.
/// The *other* side are the handler, the memory budget and the reaper. A connection is suspended by the worker only and
/// resumed by the other side only, once for each suspension: `isSuspended` changes together with the action.
struct ExchangeState: Sendable, Equatable {
    enum Stage: Sendable, Equatable {
        /// Until the header call lets the library go on.
        case header
        case body
        /// The request is complete; `turns` counts final calls without a response.
        case final(turns: Int)
        /// The response is the library's.
        case replied
        /// The response was written to the socket past the library; the rest of the body is read and thrown away.
        case lingering
        case ended
    }

    /// What a call of the library's for a header or the end of a request leads to.
    enum WorkerAction: Sendable, Equatable {
        /// Return to the library, which goes on.
        case proceed
        /// Suspend the connection, then return.
        case suspend
        /// Queue the response.
        case reply
        /// Tell the library to close the connection.
        case close
    }

    enum BodyAction: Sendable, Equatable {
        /// Offer the bytes to the queue, then report `took`.
        case take
        case discard
        /// Write the response to the socket, then throw the bytes away.
        case sendRawAndDiscard
        /// Leave the bytes: the connection is suspended already.
        case leave
        case close
    }

    /// What becomes of an interim response.
    enum InterimAction: Sendable, Equatable {
        case write
        /// Write it in the library's next call: it may be sending something itself until then.
        case keep
        /// It would come too late.
        case drop
    }

    /// What the other side must do.
    enum Action: Sendable, Equatable {
        case none
        case resume
        /// Write the response to the socket past the library.
        case sendRaw
        case sendRawAndResume
        /// Nobody is there to read the response.
        case drop
    }

    /// A rest of a body up to this size is read for the sake of the connection, bytes.
    static let discardLimit: Int64 = 1 << 20
    /// How much more is read of a body whose response was written past the library, bytes: enough for a client to see
    /// the response before its own writing fails.
    static let lingerLimit: Int64 = 64 << 20

    let length: BodyLength
    /// The client waits for `100 Continue` before it sends the body.
    let expectsContinue: Bool
    /// The header call waits until the handler asks for the body.
    let holdsBack: Bool
    /// Only the library's calls may write to the socket past the library.
    let writesInCalls: Bool
    private(set) var stage = Stage.header
    private(set) var isSuspended = false
    private(set) var failure: RequestBodyError.Code?
    /// Body bytes the library has delivered and we have taken.
    private(set) var received: Int64 = 0
    private(set) var isAnswered = false
    private(set) var isBodyComplete = false
    /// Somebody has ended the reading of the body: the handler answers what it will, and the connection closes.
    private(set) var isInterrupted = false
    private var isWanted = false
    private var sawBodyCall = false
    /// The library may be sending `100 Continue`, which it does for an empty body, too.
    private var maySendContinue: Bool
    private var isRawPending = false
    private var discarded: Int64 = 0

    init(length: BodyLength, expectsContinue: Bool, holdsBack: Bool, writesInCalls: Bool = false) {
        self.writesInCalls = writesInCalls
        self.length = length
        self.expectsContinue = expectsContinue && !length.isEmpty
        maySendContinue = expectsContinue
        self.holdsBack = holdsBack && !length.isEmpty
        isBodyComplete = length.isEmpty
    }

    /// A request that the server refused itself, in the header call.
    static var refused: Self {
        var state = Self(length: .none, expectsContinue: false, holdsBack: false)
        state.stage = .replied
        state.isAnswered = true
        return state
    }

    /// Whether the library's next call without bytes is for the header section still.
    private(set) var isInHeader = true

    /// Whether the next call without bytes is for the end of a chunked body.
    var isAtChunkedEnd: Bool { stage == .body && length == .chunked && failure == nil }

    /// Whether the connection cannot be used for another request.
    var endsConnection: Bool { length.endsConnection || isInterrupted }

    /// Whether we are the ones the body waits for to come in.
    var isReading: Bool { stage == .body && !isSuspended && failure == nil && !isAnswered && !isInterrupted }

    /// Whether what comes in of the body is thrown away until the library can send the response.
    var isDiscarding: Bool { stage == .body && isAnswered && failure == nil }

    // MARK: Worker

    /// The library's call for the header section: the first, or again after the connection was resumed.
    mutating func headerCall() -> WorkerAction {
        if failure != nil { return .close }
        switch stage {
        case .lingering:
            isInHeader = false
            return .proceed
        case .header: break
        default: return .close
        }
        guard !length.isEmpty else {
            isInHeader = false
            stage = .final(turns: 0)
            return .proceed
        }
        if holdsBack, isAnswered, expectsContinue {
            stage = .replied
            return .reply
        }
        if holdsBack, !isAnswered, !isWanted {
            isSuspended = true
            return .suspend
        }
        isInHeader = false
        stage = .body
        return .proceed
    }

    /// Body bytes are there.
    ///
    /// The library repeats the call for chunked bodies even when the last one suspended.
    mutating func bodyCall() -> BodyAction {
        sawBodyCall = true
        maySendContinue = false
        if failure != nil { return .close }
        switch stage {
        case .lingering:
            return discarded > Self.lingerLimit ? .close : .discard
        case .body:
            if isRawPending {
                isRawPending = false
                stage = .lingering
                return .sendRawAndDiscard
            }
            if isAnswered { return .discard }
            if isSuspended { return .leave }
            guard isInterrupted else { return .take }
            return discarded > Self.lingerLimit ? .close : .discard
        default:
            return .close
        }
    }

    mutating func discarded(_ count: Int) {
        discarded += Int64(count)
        received += Int64(count)
    }

    /// After `take`: `count` bytes went into the queue; `isFull` says that it takes no more for now.
    mutating func took(_ count: Int, isFull: Bool) -> WorkerAction {
        received += Int64(count)
        guard isFull else { return .proceed }
        isSuspended = true
        return .suspend
    }

    /// The library's call without data after the body, which alone does not prove that the body is complete.
    mutating func finalCall() -> WorkerAction {
        maySendContinue = false
        if failure != nil { return .close }
        switch stage {
        case .body:
            if case .known(let declared) = length, declared != received {
                failure = .truncated
                return .close
            }
            isBodyComplete = true
            stage = .final(turns: 0)
            return finalTurn(0)
        case .final(let turns):
            return finalTurn(turns)
        default:
            return .close
        }
    }

    /// The first turn without a response goes back to the library without suspending.
    ///
    /// That moves the connection into the library's state for writing; when a connection is suspended before, the
    /// library reads from the socket first after the resumption, and takes a client's half-close for the end of the
    /// connection.
    private mutating func finalTurn(_ turns: Int) -> WorkerAction {
        if isAnswered {
            stage = .replied
            return .reply
        }
        guard turns > 0 else {
            stage = .final(turns: 1)
            return .proceed
        }
        isSuspended = true
        return .suspend
    }

    /// The library is done with the request, in whatever way.
    mutating func completed() {
        stage = .ended
        isSuspended = false
        if !isBodyComplete, failure == nil { failure = .disconnected }
    }

    // MARK: Handler, budget, reaper

    /// The handler asks for the body.
    mutating func wanted() -> Action {
        isWanted = true
        return stage == .header ? resumed() : .none
    }

    /// There is room for body bytes again.
    mutating func hasRoom() -> Action {
        stage == .body ? resumed() : .none
    }

    /// The handler has its response.
    mutating func answered() -> Action {
        guard failure == nil, stage != .ended, !isAnswered else { return .drop }
        isAnswered = true
        switch stage {
        case .header where expectsContinue || !isSuspended:
            isRawPending = isInterrupted && !expectsContinue
            return resumed()
        case .body where length == .chunked && !isSuspended:
            // The library may be answering a broken chunk this moment; at the next body call it is not.
            isRawPending = true
            return .none
        case .header, .body: return restIsSmall && !isInterrupted ? resumed() : raw()
        default: return resumed()
        }
    }

    /// The discarded rest of the body takes too long to come.
    ///
    /// In that time `100 Continue` went out.
    mutating func discardTimedOut() -> Action {
        guard isDiscarding else { return .none }
        sawBodyCall = true
        return raw()
    }

    /// What follows the body is malformed; the worker answers itself, in place of the handler.
    ///
    /// Returns false when the exchange has ended already.
    mutating func refuse() -> Bool {
        guard failure == nil, stage == .body else { return false }
        failure = .malformed
        stage = .replied
        isAnswered = true
        return true
    }

    /// The body is not to be read any further.
    ///
    /// Returns whether that changes anything.
    mutating func interrupt() -> Bool {
        guard failure == nil, stage != .ended, !isAnswered, !isInterrupted else { return false }
        isInterrupted = true
        return true
    }

    /// The handler wants to send something before its answer.
    ///
    /// In the middle of a chunked body the library may be answering a broken chunk this moment.
    func interim() -> InterimAction {
        guard failure == nil, !isAnswered else { return .drop }
        switch stage {
        case .header: return writesInCalls ? .keep : .write
        case .body: return writesInCalls || maySendContinue || (length == .chunked && !isSuspended) ? .keep : .write
        case .final: return writesInCalls || maySendContinue ? .keep : .write
        case .replied, .lingering, .ended: return .drop
        }
    }

    /// Whether what was kept can be written in this call of the library's: the answer may be there by now, but the
    /// library has not got it.
    var takesKept: Bool { failure == nil && (stage == .header || stage == .body || isFinal) }

    private var isFinal: Bool { if case .final = stage { true } else { false } }

    /// The exchange ends now; the socket is shut down by the caller, first.
    mutating func fail(_ code: RequestBodyError.Code) -> Action {
        guard failure == nil, stage != .ended else { return .none }
        failure = code
        return resumed()
    }

    private var restIsSmall: Bool {
        guard case .known(let declared) = length else { return false }
        return declared - received <= Self.discardLimit
    }

    private mutating func resumed() -> Action {
        guard isSuspended else { return .none }
        isSuspended = false
        return .resume
    }

    /// The library sends nothing in the middle of a body, so the response goes to the socket directly; but not while
    /// the library may still be writing `100 Continue`: the first body call shows that it is out.
    private mutating func raw() -> Action {
        guard !writesInCalls, !expectsContinue || sawBodyCall else {
            isRawPending = true
            return resumed()
        }
        stage = .lingering
        return resumed() == .resume ? .sendRawAndResume : .sendRaw
    }
}
