import Ingest
import Testing

@testable import Ledger

@Suite(.timeLimit(.minutes(1))) struct JobListingTests {
    /// Jobs of two kinds for three files, some of them ended.
    private func fill(_ ledger: TestLedger) async throws {
        for path in ["x", "y", "z"] { _ = try await ledger.publish(path) }
        for claim in try await ledger.claim("a", capacity: 2) {
            _ = try await ledger.database.finish(claim, .done(result: nil))
        }
        for claim in try await ledger.claim("b", capacity: 1) {
            _ = try await ledger.database.finish(claim, .dead(error: "no", helperDied: false))
        }
    }

    @Test(arguments: [nil, .ready, .done, .dead, .running] as [JobState?], [nil, "a", "b", "c"])
    func everyFilterFindsWhatItSays(_ state: JobState?, _ kind: String?) async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        try await fill(ledger)
        let all = try await ledger.database.jobs(matching: JobFilter(), before: nil, limit: 100)
        #expect(all.count == 6)
        #expect(all.map(\.id) == all.map(\.id).sorted(by: >))
        for path in [nil, "y", "none"] {
            let filter = JobFilter(
                state: state,
                kind: kind.map { JobKind($0) },
                path: path.map { BucketPath(recorded: Array($0.utf8)) }
            )
            let expected = all.filter { job in
                (state == nil || job.state == state) && (kind == nil || job.kind.rawValue == kind)
                    && (path == nil || job.path?.description == path)
            }
            #expect(try await ledger.database.jobs(matching: filter, before: nil, limit: 100) == expected)

            var paged: [Job] = []
            while let job = try await ledger.database.jobs(matching: filter, before: paged.last?.id, limit: 1).first {
                paged.append(job)
            }
            #expect(paged == expected)
        }
        try await ledger.close()
    }

    @Test func depthCountsByKindAndState() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        let due = ledger.now
        try await fill(ledger)
        ledger.clock.advance(by: .seconds(1))
        let depth = try await ledger.database.depth().sorted { "\($0.kind)\($0.state)" < "\($1.kind)\($1.state)" }
        let (a, b) = (JobKind("a"), JobKind("b"))
        #expect(
            depth == [
                JobDepth(kind: a, state: .done, count: 2, oldestDue: nil),
                JobDepth(kind: a, state: .ready, count: 1, oldestDue: due),
                JobDepth(kind: b, state: .dead, count: 1, oldestDue: nil),
                JobDepth(kind: b, state: .ready, count: 2, oldestDue: due),
            ]
        )
        try await ledger.close()
    }

    @Test func jobsOfFilesComeByFile() async throws {
        let ledger = try await TestLedger(kinds: ["a", "b"])
        let files = [try await ledger.publish("x"), try await ledger.publish("y")]
        let jobs = try await ledger.database.jobs(of: [files[1].id, FileID(99)])
        #expect(jobs.keys.sorted() == [files[1].id])
        #expect(jobs[files[1].id]?.map(\.kind.rawValue) == ["a", "b"])
        #expect(try await ledger.database.jobs(of: []).isEmpty)
        try await ledger.close()
    }
}
