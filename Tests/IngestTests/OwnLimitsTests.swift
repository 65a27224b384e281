import Logging
import Testing
import Threading

@testable import Ingest

/// The limits that an uploader has besides those of the server.
@Suite(.timeLimit(.minutes(1))) struct OwnLimitsTests {
    private let store = StoreFake()
    private let files = FilesFake()
    private let ledger = LedgerFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func intake() -> UploadIntake {
        UploadIntake(store: store, files: files, ledger: ledger, limits: IngestLimits(), health: Health())
    }

    private func batch(of uploader: Uploader, _ intake: UploadIntake) async throws -> UploadBatch {
        try await intake.openBatch(
            body: 1,
            claim: 1,
            from: UploadSource(address: nil, uploader: uploader),
            logger: logger
        )
    }

    private func intent() throws -> UploadIntent {
        UploadIntent(destination: Destination(path: try BucketPath(segments: ["a"]), collision: .rename))
    }

    /// Why one more is refused; nil if it is not.
    private func refusal(_ uploader: Uploader, _ intake: UploadIntake) async -> IngestError.Code? {
        await code { try await batch(of: uploader, intake).abandon(because: CancellationError()) }
    }

    /// Where nobody has a quota, nothing is asked about bytes.
    @Test func aNumberOfFilesCostsNoLookAtBytes() async throws {
        let (intake, uploader) = (intake(), Uploader(id: "ticket", maxFiles: 2))
        let batch = try await batch(of: uploader, intake)
        let upload = try await batch.begin(try intent())
        for _ in 0..<3 { try await upload.append(ArraySlice(repeating: 0, count: 100 << 10)) }
        await batch.abandon(because: CancellationError())
        #expect(ledger.ownReadings.withLock { $0 } == 0)
        let other = try await self.batch(of: Uploader(id: "token", quota: 1 << 30), intake)
        await other.abandon(because: CancellationError())
        #expect(ledger.ownReadings.withLock { $0 } == 1)
    }

    /// A file that has its record and not its name yet, or no answer, is one file.
    @Test func aFileThatIsBeingPublishedCountsOnce() async throws {
        let (intake, uploader) = (intake(), Uploader(id: "ticket", maxFiles: 2))
        let admitted = Locked(0)
        files.publication = { uploads in
            ledger.publishing.withLock { $0 += uploads.count }
            guard let other = try? await batch(of: uploader, intake) else { return }
            await other.abandon(because: CancellationError())
            admitted.withLock { $0 += 1 }
        }
        let first = try await batch(of: uploader, intake)
        try await first.begin(try intent()).finish()
        _ = try await first.publish()
        #expect(admitted.withLock { $0 } == 1)
        let second = try await batch(of: uploader, intake)
        #expect(await refusal(uploader, intake) == .tooManyUploads)
        await second.abandon(because: CancellationError())
        let third = try await batch(of: uploader, intake)
        await third.abandon(because: CancellationError())
    }

    /// What uploads in flight were given may come back: only what was used is refused for good.
    @Test func filesInFlightAreNoneThatWereUsed() async throws {
        let (intake, uploader) = (intake(), Uploader(id: "ticket", maxFiles: 3))
        let others = [try await batch(of: uploader, intake), try await batch(of: uploader, intake)]
        let form = try await batch(of: uploader, intake)
        try await form.begin(try intent()).finish()
        #expect(await code { _ = try await form.begin(try intent()) } == .tooManyUploads)
        for other in others { await other.abandon(because: CancellationError()) }
        for _ in 0..<2 { try await form.begin(try intent()).finish() }
        // Its own come back to nobody else.
        #expect(await code { _ = try await form.begin(try intent()) } == .forbidden)
        await form.abandon(because: CancellationError())
        ledger.publishing.withLock { $0 = 3 }
        #expect(await refusal(uploader, intake) == .forbidden)
    }

    private func code(_ body: () async throws -> Void) async -> IngestError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? IngestError)?.code
        }
    }

    private static let sizes: [(size: Int64, serverSize: Int64, quota: Int64)] = [
        (0, 0, 0), (0, 10, 40), (5, 10, 20), (20, 10, 40), (5, 0, 20), (.max, 0, 0),
    ]

    @Test(arguments: sizes)
    func filesOfLimitedSizeMakeAQuota(size: Int64, serverSize: Int64, quota: Int64) {
        var limits = IngestLimits()
        limits.maxUploadSize = serverSize
        #expect(Uploader(id: "ticket", maxSize: size, maxFiles: 2).quota(under: limits) == quota)
        #expect(Uploader(id: "ticket", maxSize: size).quota(under: limits) == 0)
        #expect(Uploader(id: "token", quota: 7, maxSize: size).quota(under: limits) == 7)
    }
}
