import Logging
import Testing
import Threading

@testable import Ingest

@Suite(.timeLimit(.minutes(1))) struct QuotaReleaseTests {
    private let files = FilesFake()
    private let store = StoreFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    private let time = Locked(ContinuousClock.now)

    private func ledger(_ names: [String], size: Int64 = 400) throws -> LedgerFake {
        let digest = try #require(SHA256Digest([UInt8](repeating: 0, count: 32)))
        let rows = try names.enumerated().map { number, name in
            FileRecord(
                id: FileID(Int64(number)),
                path: try BucketPath(segments: [name]),
                generation: 1,
                state: .published,
                upload: .random(),
                identity: FileIdentity(inode: UInt64(number), birthTime: 0, size: size, modificationTime: 0),
                digest: digest,
                contentType: nil,
                originalName: nil,
                replaces: nil,
                createdAt: Timestamp(milliseconds: 0)
            )
        }
        let ledger = LedgerFake(rows: rows)
        files.ledger = ledger
        return ledger
    }

    private func release(_ ledger: LedgerFake) -> QuotaRelease {
        QuotaRelease(ledger: ledger, files: files) { [time] in time.withLock { $0 } }
    }

    private func intake(_ ledger: LedgerFake, quota: Int64) -> UploadIntake {
        var limits = IngestLimits()
        limits.quota = quota
        return UploadIntake(store: store, files: files, ledger: ledger, limits: limits, health: Health())
    }

    @Test func whatWatchersTookMakesRoom() async throws {
        let intake = intake(try ledger(["a", "gone"]), quota: 900)
        let batch = try await intake.openBatch(body: 500, claim: 500, logger: logger)
        await batch.abandon(because: CancellationError())
        #expect(files.looks == 1)
        #expect(intake.admission.given == Admission.Share())
    }

    @Test func aFullBucketIsToldWithALimitAndATime() async throws {
        let intake = intake(try ledger(["a", "b"]), quota: 900)
        let error = await #expect(throws: IngestError.self) {
            _ = try await intake.openBatch(body: 500, claim: 500, logger: logger)
        }
        #expect(error?.code == .quotaExceeded)
        #expect(error?.limit == 900)
        #expect(error?.retryAfter != nil)
        #expect(intake.admission.given == Admission.Share())
    }

    @Test func moreThanTheQuotaIsRefusedWithoutALook() async throws {
        let intake = intake(try ledger(["gone"]), quota: 900)
        await #expect(throws: IngestError.self) {
            _ = try await intake.openBatch(body: 901, claim: 901, logger: logger)
        }
        #expect(files.looks == 0)
    }

    @Test func pagesFollowEachOtherUntilItFits() async throws {
        let ledger = try ledger((0..<1600).map { "gone\($0)" }, size: 1)
        let release = release(ledger)
        let left = try await release.run {
            let stored = try await ledger.storedBytes()
            return stored <= 1200 ? stored : nil
        }
        #expect(left != nil)
    }

    @Test func whoComesMeanwhileJoins() async throws {
        let release = release(try ledger(["gone"]))
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        files.beforeLook = {
            reach.finish()
            for await _ in opened {}
        }
        async let first = release.run { 1 }
        for await _ in reached {}
        async let second = release.run { 2 }
        while release.callers < 2 {
            try Task.checkCancellation()
            await Task.yield()
        }
        open.finish()
        #expect(try await [first, second] == [1, 2])
        #expect(files.looks == 1)
    }

    /// Its task's end is that of what it made others do.
    @Test func aClientThatLeftKeepsNoComparisonGoing() async throws {
        let intake = intake(try ledger((0..<1600).map { "a\($0)" }, size: 1), quota: 1600)
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        files.beforeLook = {
            reach.finish()
            for await _ in opened {}
        }
        let client = Task { _ = try await intake.openBatch(body: 1, claim: 1, logger: logger) }
        for await _ in reached {}
        client.cancel()
        open.finish()
        await #expect(throws: CancellationError.self) { try await client.value }
        #expect(intake.admission.given == Admission.Share())
    }

    @Test func theNextRunWaitsTenTimesAsLong() async throws {
        let release = release(try ledger(["a"]))
        files.beforeLook = { [time] in time.withLock { $0 += .seconds(2) } }
        let never: () async throws -> Int? = { nil }
        #expect(try await release.run(until: never) == nil)
        #expect(release.timeToNextRun == .seconds(20))
        time.withLock { $0 += .milliseconds(19_999) }
        #expect(try await release.run { 1 } == nil)
        #expect(files.looks == 1)
        time.withLock { $0 += .milliseconds(1) }
        #expect(try await release.run { 1 } == 1)
        #expect(files.looks == 2)
    }

    /// What requests that were given up had compared is not compared again soon, and shuts nobody out.
    @Test(arguments: [false, true])
    func aRunThatNobodyWaitedForIsGoneOnWith(isLate: Bool) async throws {
        let release = release(try ledger((0..<1600).map { "a\($0)" } + ["gone"]))
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let (opened, open) = AsyncStream.makeStream(of: Void.self)
        files.beforeLook = { [time] in
            time.withLock { $0 += .seconds(1) }
            reach.finish()
            for await _ in opened {}
        }
        let client = Task { try await release.run { () -> Int? in nil } }
        for await _ in reached {}
        client.cancel()
        files.beforeLook = { [time] in
            time.withLock { $0 += .seconds(1) }
            while release.callers > 0, !Task.isCancelled { await Task.yield() }
        }
        open.finish()
        await #expect(throws: CancellationError.self) { try await client.value }
        while release.isRunning {
            try Task.checkCancellation()
            await Task.yield()
        }
        // The client may have left before the second look.
        let looks = files.looks
        #expect(looks <= 2)
        #expect(release.timeToNextRun == .zero)

        if isLate { time.withLock { $0 += .seconds(looks * 10) } }
        files.beforeLook = { [time] in time.withLock { $0 += .seconds(1) } }
        let gone = try await release.run { files.ledger?.gone.withLock { $0.first } }
        #expect(gone == FileID(1600))
        #expect(files.looks == (isLate ? looks + 4 : 4))
        #expect(release.timeToNextRun == .seconds(40))
        #expect(try await release.run { 1 } == nil)
    }

    @Test func aFailedLookIsToldAndEndsTheRun() async throws {
        let release = release(try ledger(["a"]))
        files.lookFailure = IngestError(.storageFailed, "EIO")
        let error = await #expect(throws: IngestError.self) { try await release.run { 1 } }
        #expect(error?.code == .storageFailed)
        #expect(release.callers == 0)
    }
}
