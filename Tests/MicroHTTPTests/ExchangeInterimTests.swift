import Testing

@testable import MicroHTTP

/// What the state machine says of interim responses, interruptions and trailers.
@Suite struct ExchangeInterimTests {
    private static func exchange(_ length: BodyLength, expects: Bool = false) -> ExchangeState {
        let isLarge = (length.declared ?? 0) > 65_536
        return ExchangeState(length: length, expectsContinue: expects, holdsBack: expects || isLarge)
    }

    @Test func anInterimResponseIsWrittenWhileTheHeaderIsHeldBack() {
        for expects in [false, true] {
            var state = Self.exchange(.known(100_000), expects: expects)
            #expect(state.headerCall() == .suspend)
            #expect(state.interim() == .write)
            _ = state.wanted()
            #expect(state.interim() == .write)
            _ = state.headerCall()
            // The library may be sending 100 Continue now, until the body shows that the client has it.
            #expect(state.interim() == (expects ? .keep : .write))
            #expect(state.takesKept)
            _ = state.bodyCall()
            #expect(state.interim() == .write)
        }
    }

    @Test func inAChunkedBodyItWaitsUnlessTheLibraryIsStopped() {
        var state = Self.exchange(.chunked)
        _ = state.headerCall()
        #expect(state.interim() == .keep)
        _ = state.bodyCall()
        #expect(state.took(3, isFull: false) == .proceed)
        #expect(state.interim() == .keep)
        _ = state.bodyCall()
        #expect(state.took(3, isFull: true) == .suspend)
        #expect(state.interim() == .write)
        _ = state.hasRoom()
        #expect(state.interim() == .keep)
        _ = state.finalCall()
        #expect(state.interim() == .write)
    }

    @Test func anEmptyBodysContinueIsWaitedForToo() {
        var state = Self.exchange(.none, expects: true)
        _ = state.headerCall()
        #expect(state.interim() == .keep)
        _ = state.finalCall()
        #expect(state.interim() == .write)
    }

    @Test func itComesTooLateOnceThereIsAnAnswerOrAnEnd() {
        var state = Self.exchange(.none)
        _ = state.headerCall()
        _ = state.answered()
        #expect(state.interim() == .drop && state.takesKept)
        _ = state.finalCall()
        #expect(state.interim() == .drop && !state.takesKept)
        state.completed()
        #expect(state.interim() == .drop)
        var failed = Self.exchange(.known(3))
        _ = failed.headerCall()
        _ = failed.fail(.disconnected)
        #expect(failed.interim() == .drop && !failed.takesKept)
    }

    @Test func anInterruptedBodyIsNotAwaited() {
        for size in [10, 100_000] as [Int64] {
            var state = Self.exchange(.known(size))
            if state.headerCall() == .suspend {
                _ = state.wanted()
                _ = state.headerCall()
            }
            #expect(state.isReading)
            #expect(state.interrupt() == true)
            #expect(state.interrupt() == false)
            #expect(!state.isReading)
            #expect(state.bodyCall() == .discard)
            state.discarded(3)
            #expect(state.answered() == .sendRaw)
            #expect(state.stage == .lingering)
            #expect(state.endsConnection)
        }
    }

    @Test func anInterruptedBodyThatEndsAnywayEndsTheConnection() {
        var state = Self.exchange(.known(3))
        _ = state.headerCall()
        _ = state.interrupt()
        #expect(state.bodyCall() == .discard)
        state.discarded(3)
        #expect(state.finalCall() == .proceed)
        #expect(state.answered() == .none)
        #expect(state.finalCall() == .reply)
        #expect(state.endsConnection)
    }

    @Test func anInterruptedClientThatGoesOnIsCutOffAtLast() {
        var state = Self.exchange(.known(1 << 40))
        _ = state.headerCall()
        _ = state.wanted()
        _ = state.headerCall()
        _ = state.interrupt()
        state.discarded(Int(ExchangeState.lingerLimit))
        #expect(state.bodyCall() == .discard)
        state.discarded(1)
        #expect(state.bodyCall() == .close)
    }

    @Test func anInterruptedConnectionThatIsSuspendedStaysSo() {
        var state = Self.exchange(.chunked)
        _ = state.headerCall()
        _ = state.bodyCall()
        #expect(state.took(3, isFull: true) == .suspend)
        #expect(state.interrupt() == true)
        #expect(state.bodyCall() == .leave)
        #expect(state.answered() == .sendRawAndResume)
    }

    @Test func anInterruptionBeforeTheBodyIsAskedFor() {
        var held = Self.exchange(.known(100_000))
        #expect(held.headerCall() == .suspend)
        _ = held.interrupt()
        #expect(held.answered() == .sendRawAndResume)
        var expecting = Self.exchange(.known(10), expects: true)
        #expect(expecting.headerCall() == .suspend)
        _ = expecting.interrupt()
        #expect(expecting.answered() == .resume)
        #expect(expecting.headerCall() == .reply)
        // It was asked for, and the library has not called again.
        var asked = Self.exchange(.known(100_000))
        _ = asked.headerCall()
        _ = asked.wanted()
        _ = asked.interrupt()
        #expect(asked.answered() == .none)
        #expect(asked.headerCall() == .proceed)
        #expect(asked.bodyCall() == .sendRawAndDiscard)
    }

    /// A client that got its 100 Continue and sends nothing: the answer does not wait for it for ever.
    @Test func aSilentClientGetsItsAnswerInTheEnd() {
        var state = Self.exchange(.known(10), expects: true)
        _ = state.headerCall()
        _ = state.wanted()
        _ = state.headerCall()
        _ = state.interrupt()
        #expect(state.answered() == .none)
        #expect(state.isDiscarding)
        #expect(state.discardTimedOut() == .sendRaw)
        #expect(state.discardTimedOut() == .none)
    }

    @Test func nothingIsInterruptedAfterTheAnswer() {
        var state = Self.exchange(.known(10))
        _ = state.headerCall()
        _ = state.answered()
        #expect(state.interrupt() == false)
        var failed = Self.exchange(.known(10))
        _ = failed.fail(.tooSlow)
        #expect(failed.interrupt() == false)
    }

    @Test func badTrailersAreAnsweredByTheWorker() {
        var state = Self.exchange(.chunked)
        _ = state.headerCall()
        #expect(state.isAtChunkedEnd)
        #expect(state.refuse() == true)
        #expect(state.failure == .malformed)
        #expect(state.answered() == .drop)
        #expect(state.refuse() == false)
        #expect(!state.isAtChunkedEnd)
    }
}
