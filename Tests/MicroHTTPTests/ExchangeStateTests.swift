import Testing

@testable import MicroHTTP

@Suite struct ExchangeStateTests {
    private func upload(_ length: Int64, expects: Bool = false) -> ExchangeState {
        ExchangeState(length: .known(length), expectsContinue: expects, holdsBack: expects || length > 65_536)
    }

    private func chunked() -> ExchangeState {
        ExchangeState(length: .chunked, expectsContinue: false, holdsBack: false)
    }

    @Test func aRequestWithoutABodyIsAnsweredInTheFinalCall() {
        var state = ExchangeState(length: .none, expectsContinue: true, holdsBack: true)
        #expect(state.headerCall() == .proceed)
        #expect(state.finalCall() == .proceed)
        #expect(state.finalCall() == .suspend)
        #expect(state.answered() == .resume)
        #expect(state.finalCall() == .reply)
        #expect(state.stage == .replied)
    }

    @Test func anAnswerBeforeTheFinalCallNeedsNoSuspension() {
        var state = ExchangeState(length: .none, expectsContinue: false, holdsBack: false)
        #expect(state.headerCall() == .proceed)
        #expect(state.answered() == .none)
        #expect(state.finalCall() == .reply)
    }

    @Test func aSecondResumeIsRefused() {
        var state = upload(100_000)
        #expect(state.headerCall() == .suspend)
        #expect(state.wanted() == .resume)
        #expect(state.wanted() == .none)
        #expect(state.hasRoom() == .none)
        #expect(state.fail(.disconnected) == .none)
    }

    @Test func aSmallBodyFlowsWithoutBeingAskedFor() {
        var state = upload(10)
        #expect(state.headerCall() == .proceed)
        #expect(state.bodyCall() == .take)
        #expect(state.took(10, isFull: false) == .proceed)
        #expect(state.finalCall() == .proceed)
        #expect(state.isBodyComplete)
    }

    @Test func aBodyIsNotCompleteWhenTheCallsEndEarly() {
        var state = upload(10)
        _ = state.headerCall()
        _ = state.bodyCall()
        _ = state.took(9, isFull: false)
        #expect(state.finalCall() == .close)
        #expect(state.failure == .truncated)
        #expect(!state.isBodyComplete)
    }

    @Test func anExpectationIsMetByAskingForTheBody() {
        var state = upload(10, expects: true)
        #expect(state.headerCall() == .suspend)
        #expect(state.isInHeader)
        #expect(state.wanted() == .resume)
        #expect(state.headerCall() == .proceed)
        #expect(!state.isInHeader)
        #expect(state.bodyCall() == .take)
    }

    @Test func anExpectationIsRefusedInTheHeaderCall() {
        var state = upload(10, expects: true)
        #expect(state.headerCall() == .suspend)
        #expect(state.answered() == .resume)
        #expect(state.headerCall() == .reply)
    }

    @Test func aSmallRestIsDiscardedForTheSakeOfTheConnection() {
        var state = upload(ExchangeState.discardLimit)
        #expect(state.headerCall() == .suspend)
        #expect(state.answered() == .resume)
        #expect(state.headerCall() == .proceed)
        #expect(state.bodyCall() == .discard)
        state.discarded(Int(ExchangeState.discardLimit))
        #expect(state.finalCall() == .reply)
    }

    @Test func aSmallRestThatDoesNotComeIsGivenUp() {
        var state = upload(10)
        _ = state.headerCall()
        #expect(state.answered() == .none)
        #expect(state.isDiscarding)
        #expect(state.discardTimedOut() == .sendRaw)
        #expect(state.stage == .lingering)
        #expect(state.finalCall() == .close)
    }

    @Test func aLargeRestIsAnsweredPastTheLibrary() {
        var state = upload(1 << 30)
        #expect(state.headerCall() == .suspend)
        #expect(state.answered() == .sendRawAndResume)
        #expect(state.isInHeader)
        #expect(state.headerCall() == .proceed)
        #expect(state.bodyCall() == .discard)
        state.discarded(Int(ExchangeState.lingerLimit) + 1)
        #expect(state.bodyCall() == .close)
    }

    @Test func aFullQueueSuspendsUntilThereIsRoom() {
        var state = upload(1 << 30)
        _ = state.headerCall()
        _ = state.wanted()
        _ = state.headerCall()
        #expect(state.bodyCall() == .take)
        #expect(state.took(100, isFull: true) == .suspend)
        #expect(state.wanted() == .none)
        #expect(state.hasRoom() == .resume)
        #expect(state.bodyCall() == .take)
    }

    @Test func aChunkedBodyCallWhileSuspendedIsLeft() {
        var state = chunked()
        _ = state.headerCall()
        _ = state.bodyCall()
        #expect(state.took(1, isFull: true) == .suspend)
        #expect(state.bodyCall() == .leave)
    }

    @Test func anEarlyAnswerToAChunkedBodyWaitsForTheNextChunk() {
        var state = chunked()
        _ = state.headerCall()
        #expect(state.answered() == .none)
        #expect(state.bodyCall() == .sendRawAndDiscard)
        #expect(state.finalCall() == .close)
    }

    @Test func nothingIsSentPastTheLibraryWhileItMaySendContinue() {
        var state = upload(1 << 30, expects: true)
        _ = state.headerCall()
        _ = state.wanted()
        _ = state.headerCall()
        #expect(state.answered() == .none)
        #expect(state.bodyCall() == .sendRawAndDiscard)
    }

    @Test func aFailureResumesAndClosesWhereverItHappens() {
        var header = upload(1 << 20)
        _ = header.headerCall()
        #expect(header.fail(.disconnected) == .resume)
        #expect(header.headerCall() == .close)

        var body = upload(10)
        _ = body.headerCall()
        #expect(body.fail(.tooSlow) == .none)
        #expect(body.bodyCall() == .close)

        var final = ExchangeState(length: .none, expectsContinue: false, holdsBack: false)
        _ = final.headerCall()
        _ = final.finalCall()
        _ = final.finalCall()
        #expect(final.fail(.shuttingDown) == .resume)
        #expect(final.finalCall() == .close)
        #expect(final.answered() == .drop)
    }

    @Test func anAnswerAfterTheEndIsDropped() {
        var state = upload(10)
        _ = state.headerCall()
        state.completed()
        #expect(state.failure == .disconnected)
        #expect(state.answered() == .drop)
    }
}
