import Ingest
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct JobQueueTests {
    private func retry(
        _ ledger: TestLedger,
        after delay: Duration = .zero,
        counts: Bool = true,
        helperDied: Bool = false
    ) -> JobEnd {
        .retry(error: "broke", runAt: ledger.now.advanced(by: delay), countsAttempt: counts, helperDied: helperDied)
    }

    @Test func aClaimHasAllThatARunNeeds() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(claim.job.kind == JobKind("checksum"))
        #expect(claim.job.state == .running)
        #expect(claim.job.attempt == 1)
        #expect(claim.job.path == file.path)
        #expect(claim.job.startedAt == ledger.now)
        #expect(claim.file == file)
        #expect(try await ledger.database.job(claim.job.id) == claim.job)
        #expect(try await ledger.database.holds(claim))
        #expect(try await ledger.claim("checksum").isEmpty)

        ledger.clock.advance(by: .seconds(1))
        #expect(try await ledger.database.finish(claim, .done(result: "{}")))
        let job = try #require(try await ledger.database.job(claim.job.id))
        #expect(job.state == .done)
        #expect(job.result == "{}")
        #expect(job.finishedAt == ledger.now)
        #expect(try await ledger.database.holds(claim) == false)
        #expect(try await ledger.database.finish(claim, .dead(error: "late", helperDied: false)) == false)
        #expect(try await ledger.database.job(claim.job.id) == job)
        try await ledger.close()
    }

    @Test func claimsGoByCapacityPriorityAndDueTime() async throws {
        let ledger = try await TestLedger(kinds: [])
        let file = try await ledger.publish("a")
        let others = try await ledger.database.recordPublication((0..<4).map { newFile("\($0)") })
        ledger.database.confirmPublication(others.map(\.id))
        func enqueue(_ kind: String, _ priority: Int, _ file: FileID) async throws -> JobID {
            let job = PlannedJob(kind: JobKind(kind), maxAttempts: 1, priority: priority)
            ledger.clock.advance(by: .milliseconds(1))
            return try #require(try await ledger.database.enqueue([job], for: file).first?.id)
        }
        let last = try await enqueue("a", 200, others[0].id)
        let second = try await enqueue("a", 100, others[1].id)
        let third = try await enqueue("a", 100, others[2].id)
        let first = try await enqueue("a", 1, others[3].id)
        let other = try await enqueue("b", 100, file.id)

        #expect(try await ledger.claim("a", capacity: 3).map(\.job.id).sorted() == [first, second, third].sorted())
        #expect(try await ledger.claim("a", capacity: 0).isEmpty)
        #expect(try await ledger.claim("c", capacity: 5).isEmpty)
        #expect(try await ledger.claim("a", "b", capacity: 5).map(\.job.id).sorted() == [last, other].sorted())
        try await ledger.close()
    }

    @Test func aLostClaimChangesNothing() async throws {
        let ledger = try await TestLedger()
        _ = try await ledger.publish("a")
        let lost = try #require(try await ledger.claim("checksum").first)
        _ = try await ledger.database.cancel(lost.job.id, reason: "by hand")
        _ = try await ledger.database.retry(lost.job.id)
        #expect(try await ledger.database.finish(lost, .done(result: nil)) == false)
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(claim.job.id == lost.job.id)
        #expect(claim.token > lost.token)
        #expect(try await ledger.database.holds(lost) == false)
        for end in [
            JobEnd.done(result: nil), .dead(error: "", helperDied: true), .cancelled(reason: ""), retry(ledger),
        ] {
            #expect(try await ledger.database.finish(lost, end) == false)
        }
        #expect(try await ledger.database.job(claim.job.id) == claim.job)
        #expect(try await ledger.database.finish(claim, .done(result: nil)))
        try await ledger.close()
    }

    @Test func aRetryWaitsForItsTime() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        let signals = ledger.readySignals.withLock { $0 }
        #expect(try await ledger.database.finish(claim, retry(ledger, after: .seconds(5))))
        #expect(ledger.readySignals.withLock { $0 } == signals + 1)
        #expect(try await ledger.jobs(of: file).map(\.error) == ["broke"])
        let due = ledger.now.advanced(by: .seconds(5))
        #expect(try await ledger.database.nextDue(kinds: [JobKind("other"), JobKind("checksum")]) == due)
        #expect(try await ledger.database.nextDue(kinds: [JobKind("other")]) == nil)
        ledger.clock.advance(by: .milliseconds(4999))
        #expect(try await ledger.claim("checksum").isEmpty)
        ledger.clock.advance(by: .milliseconds(1))
        #expect(try await ledger.claim("checksum").first?.job.attempt == 2)
        try await ledger.close()
    }

    @Test func attemptsThatCountAreLimited() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        for counts in [true, false, false, true, true] {
            let claim = try #require(try await ledger.claim("checksum").first)
            #expect(try await ledger.database.finish(claim, retry(ledger, counts: counts)))
        }
        let job = try #require(try await ledger.jobs(of: file).first)
        #expect(job.state == .dead)
        #expect(job.attempt == 3)
        #expect(job.error == "broke")
        try await ledger.close()
    }

    @Test func aJobThatKillsItsHelperIsPoison() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        for _ in 0..<3 {
            let claim = try #require(try await ledger.claim("checksum").first)
            #expect(try await ledger.database.finish(claim, retry(ledger, counts: false, helperDied: true)))
        }
        let job = try #require(try await ledger.jobs(of: file).first)
        #expect(job.state == .dead)
        #expect(job.helperDeaths == 3)
        #expect(job.error == "Its helper died 3 times, the last time: broke")
        try await ledger.close()
    }

    @Test func theSameWorkWaitsOnce() async throws {
        let ledger = try await TestLedger(kinds: [])
        let file = try await ledger.publish("a")
        let planned = PlannedJob(kind: JobKind("checksum"), maxAttempts: 2)
        let job = try #require(try await ledger.database.enqueue([planned], for: file.id).first)
        #expect(try await ledger.database.enqueue([planned], for: file.id) == [job])
        // One that runs has read its file already: what is asked for now is another run.
        let claim = try #require(try await ledger.claim("checksum").first)
        let second = try #require(try await ledger.database.enqueue([planned], for: file.id).first)
        #expect(second.id != job.id)
        #expect(try await ledger.database.finish(claim, retry(ledger)))
        let ended = try #require(try await ledger.database.job(job.id))
        #expect(ended.state == .cancelled)
        #expect(ended.error == "The same work is already waiting.")
        #expect(try await ledger.database.retry(job.id)?.state == .cancelled)

        let periodic = try await ledger.database.enqueue(PlannedJob(kind: JobKind("scrub"), maxAttempts: 1))
        #expect(periodic.file == nil)
        let same = try await ledger.database.enqueue(PlannedJob(kind: JobKind("scrub"), maxAttempts: 1))
        #expect(same.id == periodic.id)
        let run = try #require(try await ledger.claim("scrub").first)
        #expect(run.file == nil)
        let next = try await ledger.database.enqueue(PlannedJob(kind: JobKind("scrub"), maxAttempts: 1))
        #expect(next.id != periodic.id)
        #expect(try await ledger.database.finish(run, retry(ledger, counts: false)))
        #expect(try await ledger.database.job(periodic.id)?.state == .cancelled)
        try await ledger.close()
    }

    @Test(arguments: [FileState.publishing, .gone, .deleted])
    func jobsAreOnlyAddedForFilesThatAreThere(_ state: FileState) async throws {
        let ledger = try await TestLedger(kinds: [])
        let file = try await ledger.database.recordPublication([newFile("a")])[0]
        if state == .gone { try await ledger.database.markGone([file.id]) }
        if state == .deleted { try await ledger.database.withdrawPublication([file.id]) }
        let planned = PlannedJob(kind: JobKind("checksum"), maxAttempts: 2)
        #expect(await code { try await ledger.database.enqueue([planned], for: file.id) } == .notFound)
        #expect(await code { try await ledger.database.enqueue([planned], for: FileID(99)) } == .notFound)
        try await ledger.close()
    }

    @Test func anOperatorRetriesAndCancels() async throws {
        let ledger = try await TestLedger()
        let file = try await ledger.publish("a")
        let claim = try #require(try await ledger.claim("checksum").first)
        #expect(try await ledger.database.finish(claim, .dead(error: "no", helperDied: true)))
        let retried = try #require(try await ledger.database.retry(claim.job.id))
        #expect(retried.state == .ready)
        #expect((retried.attempt, retried.helperDeaths) == (0, 0))
        #expect(retried.finishedAt == nil)
        #expect(try await ledger.database.retry(claim.job.id) == retried)

        let cancelled = try #require(try await ledger.database.cancel(claim.job.id, reason: "enough"))
        #expect(cancelled.state == .cancelled)
        #expect(cancelled.error == "enough")
        #expect(try await ledger.database.cancel(claim.job.id, reason: "again") == cancelled)
        #expect(try await ledger.database.cancel(JobID(99), reason: "") == nil)
        #expect(try await ledger.database.retry(JobID(99)) == nil)

        try await ledger.database.markGone([file.id])
        #expect(try await ledger.database.retry(claim.job.id)?.state == .cancelled)
        try await ledger.close()
    }

    @Test func jobsEndInTheirTime() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b", "c", "d"])
        _ = try await ledger.publish("a")
        let ends = [
            ("a", JobEnd.done(result: nil)), ("b", .dead(error: "", helperDied: false)), ("c", .cancelled(reason: "")),
        ]
        for (kind, end) in ends {
            let claim = try #require(try await ledger.claim(kind).first)
            #expect(try await ledger.database.finish(claim, end))
        }
        let ended = ledger.now
        ledger.clock.advance(by: .seconds(1))
        let now = ledger.now
        #expect(try await ledger.database.pruneJobs(endedBefore: ended, deadBefore: ended, limit: 9) == 0)
        #expect(try await ledger.database.pruneJobs(endedBefore: now, deadBefore: ended, limit: 1) == 1)
        #expect(try await ledger.database.pruneJobs(endedBefore: now, deadBefore: ended, limit: 9) == 1)
        #expect(try await ledger.database.pruneJobs(endedBefore: now, deadBefore: now, limit: 9) == 1)
        #expect(
            try await ledger.database.jobs(matching: JobFilter(), before: nil, limit: 9).map(\.kind.rawValue) == ["d"]
        )
        try await ledger.close()
    }
}
