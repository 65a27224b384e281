import Ingest
import Testing
import Threading

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct RescueTests {
    /// The ledger as the next daemon finds it.
    private func restart(_ ledger: TestLedger) async throws -> TestLedger {
        try await ledger.database.close()
        return try await TestLedger(in: ledger.directory, kinds: ["a", "b"])
    }

    @Test func aRescueCostsNoAttempt() async throws {
        var ledger = try await TestLedger(kinds: ["a", "b"])
        let file = try await ledger.publish("x")
        let lost = try await ledger.claim("a", "b")
        #expect(lost.count == 2)
        ledger = try await restart(ledger)
        let signals = ledger.readySignals.withLock { $0 }
        #expect(try await ledger.database.rescueRunningJobs() == 2)
        #expect(ledger.readySignals.withLock { $0 } == signals + 1)
        let jobs = try await ledger.jobs(of: file)
        #expect(jobs.map(\.state) == [.ready, .ready])
        #expect(jobs.map(\.attempt) == [0, 0])
        #expect(jobs.map(\.rescues) == [1, 1])
        #expect(try await ledger.database.finish(lost[0], .done(result: nil)) == false)
        #expect(try await ledger.database.rescueRunningJobs() == 0)
        try await ledger.close()
    }

    @Test func rescuedJobsRunAloneAndFirst() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        _ = try await ledger.publish("x")
        #expect(try await ledger.claim("a", "b").count == 2)
        _ = try await ledger.database.rescueRunningJobs()
        _ = try await ledger.publish("y")

        let first = try await ledger.claim("a", "b", capacity: 9)
        #expect(first.count == 1)
        #expect(first[0].job.rescues == 1)
        #expect(try await ledger.claim("a", "b", capacity: 9).isEmpty)
        #expect(try await ledger.database.finish(first[0], .done(result: nil)))

        let second = try await ledger.claim("a", "b", capacity: 9)
        #expect(second.count == 1)
        #expect(second[0].job.rescues == 1)
        let later = JobEnd.retry(
            error: "later",
            runAt: ledger.now.advanced(by: .seconds(5)),
            countsAttempt: true,
            helperDied: false
        )
        #expect(try await ledger.database.finish(second[0], later))

        // What is not due holds nothing back; once it is due it waits for what runs.
        let others = try await ledger.claim("a", "b", capacity: 9)
        #expect(others.count == 2)
        ledger.clock.advance(by: .seconds(5))
        _ = try await ledger.publish("z")
        #expect(try await ledger.claim("a", "b", capacity: 9).isEmpty)
        for claim in others {
            #expect(try await ledger.database.finish(claim, .done(result: nil)))
        }
        let last = try await ledger.claim("a", "b", capacity: 9)
        #expect(last.map(\.job.id) == [second[0].job.id])
        try await ledger.close()
    }

    @Test func aRescuedJobOfAnUnknownKindHoldsNothingBack() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        _ = try await ledger.publish("x")
        #expect(try await ledger.claim("a").count == 1)
        _ = try await ledger.database.rescueRunningJobs()
        #expect(try await ledger.claim("b").count == 1)
        try await ledger.close()
    }

    @Test func tenDeathsAloneArePoison() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        let file = try await ledger.publish("x")
        // In company first: that may be the other's doing.
        #expect(try await ledger.claim("a", "b").count == 2)
        #expect(try await ledger.database.rescueRunningJobs() == 2)
        for round in 1...10 {
            ledger.clock.advance(by: .seconds(30))
            let claim = try #require(try await ledger.claim("a").first)
            #expect(claim.job.attempt == 1)
            #expect(try await ledger.database.rescueRunningJobs() == (round < 10 ? 1 : 0))
        }
        let job = try #require(try await ledger.jobs(of: file).first)
        #expect(job.state == .dead)
        #expect(job.rescues == 11)
        #expect(job.error == "The server died 10 times while only this job was running.")
        #expect(try await ledger.database.retry(job.id)?.rescues == 0)
        #expect(try await ledger.claim("a").count == 1)
        try await ledger.close()
    }

    /// The schedule makes the next one, so nobody has to look at it.
    @Test func aPeriodicRunThatDiesAloneIsCancelledNotDead() async throws {
        let ledger = try await TestLedger(kinds: [])
        let job = try await ledger.database.enqueue(PlannedJob(kind: JobKind("scan"), maxAttempts: 1))
        for _ in 1...10 {
            ledger.clock.advance(by: .seconds(30))
            #expect(try await ledger.claim("scan").count == 1)
            _ = try await ledger.database.rescueRunningJobs()
        }
        #expect(try await ledger.database.job(job.id)?.state == .cancelled)
        try await ledger.close()
    }

    @Test func aRescuedJobGivesWayToItsTwin() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        let file = try await ledger.publish("x")
        let claim = try #require(try await ledger.claim("a").first)
        let planned = PlannedJob(kind: JobKind("a"), maxAttempts: 1)
        _ = try await ledger.database.enqueue([planned], for: file.id)
        #expect(try await ledger.database.rescueRunningJobs() == 0)
        #expect(try await ledger.database.job(claim.job.id)?.state == .cancelled)
        #expect(try await ledger.claim("a").count == 1)
        try await ledger.close()
    }
}
