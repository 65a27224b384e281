import Ingest
import IngestTesting
import Jobs
import PostProcessing
import SystemPackage
import Testing
import Threading

@Suite(.timeLimit(.minutes(1))) struct HousekeepingTaskTests {
    private static let day = Duration.seconds(86_400)

    private func run(
        _ fixture: TaskFixture,
        batch: Int = 2,
        removing: @escaping @Sendable (BucketPath) throws -> Void = { _ in }
    ) async throws -> (result: String?, removed: [String]) {
        let removed = Locked<[String]>([])
        let task = HousekeepingTask(
            HousekeepingTask.Options(batch: batch),
            queue: fixture.queue,
            ledger: fixture.ledger,
            wallClock: fixture.time.wallClock,
            derived: DerivedFiles(ledger: fixture.ledger, locks: FileLocks()) { path in
                try removing(path)
                removed.withLock { $0.append(path.description) }
            }
        )
        let scratch = fixture.scratch.scratch(named: "job-1-1")
        let work = try fixture.work(task, record: nil, file: nil, scratch: scratch)
        guard case .done(let result, _, _, _) = try await task.run(work) else { return (nil, []) }
        return (result, removed.withLock { $0.sorted() })
    }

    private func finish(_ fixture: TaskFixture, _ record: FileRecord, _ end: JobEnd) async throws {
        let kind = JobKind("work")
        _ = try await fixture.queue.enqueue([PlannedJob(kind: kind, maxAttempts: 1)], for: record.id)
        for claim in try await fixture.queue.claim(capacity: [kind: 1]) {
            #expect(try await fixture.queue.finish(claim, end))
        }
    }

    @Test func rowsOfFilesThatAreGoneGoWithTheirThumbnailsAfterAWeek() async throws {
        let fixture = try await TaskFixture()
        var records: [FileRecord] = []
        for name in ["a", "b", "c", "d", "kept"] {
            let record = try fixture.publish([1], as: name)
            try await finish(fixture, record, .done(result: nil))
            records.append(record)
        }
        for record in records.dropLast() {
            fixture.ledger.setState(record.id, .gone)
        }
        fixture.time.advance(by: Self.day * 7)
        #expect(try await run(fixture).result == "0 jobs, 0 files, 0 events")
        fixture.time.advance(by: .seconds(1))
        let (result, removed) = try await run(fixture)
        #expect(result == "5 jobs, 4 files, 0 events")
        #expect(removed == ["a", "b", "c", "d"])
        #expect(fixture.ledger.row(try #require(records.last).id) != nil)
    }

    @Test func theThumbnailsOfALaterGenerationStay() async throws {
        let fixture = try await TaskFixture()
        let first = try fixture.publish([1], as: "a")
        _ = try fixture.publish([2], as: "a")
        fixture.time.advance(by: Self.day * 8)
        let (result, removed) = try await run(fixture)
        #expect(result == "0 jobs, 1 files, 0 events" && removed.isEmpty)
        #expect(fixture.ledger.row(first.id) == nil)
    }

    @Test func deadJobsAreKeptLongerAndKeepTheirFilesRow() async throws {
        let fixture = try await TaskFixture()
        let record = try fixture.publish([1], as: "a")
        try await finish(fixture, record, .dead(error: "It failed.", helperDied: false))
        fixture.ledger.setState(record.id, .gone)
        fixture.time.advance(by: Self.day * 89)
        #expect(try await run(fixture).result == "0 jobs, 0 files, 0 events")
        fixture.time.advance(by: Self.day * 2)
        #expect(try await run(fixture).result == "1 jobs, 1 files, 0 events")
    }

    /// More than one batch, and one in their midst from a clock that was set back since.
    @Test func allOldEventsGo() async throws {
        let fixture = try await TaskFixture()
        for number in 0..<7 {
            let isAhead = number == 3
            fixture.time.advance(by: isAhead ? Self.day * 3 : .zero)
            fixture.ledger.addEvent()
            fixture.time.advance(by: isAhead ? Self.day * -3 : .zero)
        }
        fixture.time.advance(by: Self.day * 7 + .seconds(1))
        fixture.ledger.addEvent()
        #expect(try await run(fixture).result == "0 jobs, 0 files, 6 events")
        #expect(fixture.ledger.eventCount == 2)
    }

    @Test(arguments: [1, 2, 5])
    func aRowStaysUntilItsThumbnailsAreRemoved(batch: Int) async throws {
        let fixture = try await TaskFixture()
        let ledger = fixture.ledger
        var records: [FileRecord] = []
        for name in ["a", "b", "c", "d"] {
            let record = try fixture.publish([1], as: name)
            ledger.setState(record.id, .gone)
            records.append(record)
        }
        fixture.time.advance(by: Self.day * 8)
        let ids = Dictionary(uniqueKeysWithValues: records.map { ($0.path, $0.id) })
        let (result, removed) = try await run(fixture, batch: batch) { path in
            // The row is still there to tell of the thumbnails, should the daemon die here.
            #expect(ids[path].flatMap(ledger.row) != nil)
            if path.description == "a" { throw Errno.permissionDenied }
        }
        let gone = batch == 1 ? [] : ["b", "c", "d"]
        #expect(result == "0 jobs, \(gone.count) files, 0 events")
        #expect(removed == gone)
        #expect(records.map { ledger.row($0.id) != nil } == [true, batch == 1, batch == 1, batch == 1])
        #expect(try await run(fixture).removed == records.map(\.path.description).filter { !gone.contains($0) })
    }
}
