import Testing
import Threading

@testable import Ingest

@Suite(.timeLimit(.minutes(1))) struct UploadTurnsTests {
    private let turns = UploadTurns()
    private let id = UploadID.random()

    /// What happened, in its order.
    private final class Journal: Sendable {
        private let lines = Locked<[String]>([])
        let (events, continuation) = AsyncStream.makeStream(of: String.self)

        func write(_ line: String) {
            lines.withLock { $0.append(line) }
            continuation.yield(line)
        }

        var all: [String] { lines.withLock { $0 } }

        func wait(for line: String) async {
            for await event in events where event == line { return }
        }
    }

    @Test func aFreeUploadIsTakenAtOnce() async {
        await turns.take(id) {}
        #expect(turns.taken == [id])
        turns.leave(id)
        #expect(turns.taken.isEmpty)
        await turns.take(id) {}
    }

    @Test func aNewRequestEndsTheOneBeforeItAndWaitsForIt() async {
        let journal = Journal()
        await turns.take(id) { journal.write("first is ended") }
        let second = Task {
            await turns.take(id) {}
            journal.write("second begins")
        }
        await journal.wait(for: "first is ended")
        #expect(journal.all == ["first is ended"])
        turns.leave(id)
        await second.value
        #expect(journal.all == ["first is ended", "second begins"])
    }

    @Test func whoeverWaitsBehindAnotherEndsItToo() async {
        let journal = Journal()
        await turns.take(id) { journal.write("first is ended") }
        async let second: Void = turns.take(id) { journal.write("second is ended") }
        await journal.wait(for: "first is ended")
        async let third: Void = turns.take(id) { journal.write("third is ended") }
        await journal.wait(for: "first is ended")
        turns.leave(id)
        await second
        await journal.wait(for: "second is ended")
        turns.leave(id)
        await third
        turns.leave(id)
        #expect(journal.all == ["first is ended", "first is ended", "second is ended"])
        #expect(turns.taken.isEmpty)
    }

    @Test func whoPublishesIsEndedOnlyForARemoval() async {
        let journal = Journal()
        await turns.take(id) { journal.write("first is ended") }
        turns.beginPublishing(id)
        #expect(turns.isPublishing(id))
        async let second: Void = turns.take(id) { journal.write("second is ended") }
        while turns.waiting(for: id) < 1 { await Task.yield() }
        #expect(journal.all.isEmpty)
        async let third: Void = turns.take(id, for: .removal) {}
        await journal.wait(for: "first is ended")
        turns.leave(id)
        await second
        // What holds for one holder does not for the next.
        #expect(!turns.isPublishing(id))
        await journal.wait(for: "second is ended")
        turns.leave(id)
        await third
        turns.leave(id)
        #expect(journal.all == ["first is ended", "second is ended"])
    }

    @Test func uploadsDoNotDisturbEachOther() async {
        let other = UploadID.random()
        await turns.take(id) { Issue.record("nobody wants this upload") }
        await turns.take(other) { Issue.record("nobody wants that upload") }
        #expect(Set(turns.taken) == [id, other])
    }

    @Test func onlyAFreeUploadIsTakenWithoutWaiting() async {
        await turns.take(id) { Issue.record("it must not be ended") }
        #expect(!turns.takeNow(id))
        turns.leave(id)
        #expect(turns.takeNow(id))
    }
}
