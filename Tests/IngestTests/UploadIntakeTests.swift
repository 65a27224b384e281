import Ingest
import Logging
import Testing
import Threading

@Suite struct UploadIntakeTests {
    private let store = StoreFake()
    private let files = FilesFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func intake(_ limits: IngestLimits = IngestLimits(), health: Health = Health()) -> UploadIntake {
        UploadIntake(store: store, files: files, ledger: LedgerFake(), limits: limits, health: health)
    }

    private func intent(length: Int64? = nil, digest: SHA256Digest? = nil) throws -> UploadIntent {
        let path = try BucketPath(segments: ["a.txt"])
        return UploadIntent(destination: Destination(path: path, collision: .rename), length: length, digest: digest)
    }

    private func refusal(_ body: () async throws -> Void) async -> IngestError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? IngestError)?.code
        }
    }

    @Test func aFinishedUploadIsPublished() async throws {
        let intake = intake()
        let batch = try intake.openBatch(logger: logger)
        let upload = try await batch.begin(try intent(length: 4))
        try await upload.append([1, 2])
        try await upload.append([3, 4])
        #expect(intake.uploadsInFlight == 1)
        try await upload.finish()
        let records = try await batch.publish()
        #expect(records.map(\.identity.size) == [4])
        #expect(intake.uploadsInFlight == 0)
        #expect(store.discarded == 0)
    }

    @Test(arguments: [3, 5] as [Int64])
    func aLengthThatIsNotTheDeclaredOneIsRefused(length: Int64) async throws {
        let batch = try intake().openBatch(logger: logger)
        let upload = try await batch.begin(try intent(length: length))
        let code = await refusal {
            try await upload.append([1, 2, 3, 4])
            try await upload.finish()
        }
        #expect(code == .lengthMismatch)
        await batch.abandon(because: IngestError(.lengthMismatch, ""))
        #expect(store.discarded == 1)
        #expect(files.published.isEmpty)
    }

    @Test func aDeclaredDigestMustMatch() async throws {
        let batch = try intake().openBatch(logger: logger)
        let upload = try await batch.begin(try intent(digest: SHA256Digest([UInt8](repeating: 9, count: 32))))
        #expect(await refusal { try await upload.finish() } == .digestMismatch)
    }

    @Test func sizeIsLimitedDeclaredOrNot() async throws {
        var limits = IngestLimits()
        limits.maxUploadSize = 3
        let batch = try intake(limits).openBatch(logger: logger)
        #expect(await refusal { _ = try await batch.begin(try intent(length: 4)) } == .tooLarge)
        let upload = try await batch.begin(try intent())
        try await upload.append([1, 2, 3])
        #expect(await refusal { try await upload.append([4]) } == .tooLarge)
    }

    @Test func promisedBytesCountAsTaken() async throws {
        var limits = IngestLimits()
        limits.minFreeSpace = 100
        store.available = 1000
        let intake = intake(limits)
        let first = try intake.openBatch(logger: logger)
        let upload = try await first.begin(try intent(length: 600))
        let second = try intake.openBatch(logger: logger)
        #expect(await refusal { _ = try await second.begin(try intent(length: 400)) } == .noSpace)
        await first.abandon(because: CancellationError())
        _ = upload
        _ = try await second.begin(try intent(length: 400))
    }

    @Test func uploadsInFlightAreLimited() async throws {
        var limits = IngestLimits()
        limits.maxConcurrentUploads = 1
        let intake = intake(limits)
        let first = try intake.openBatch(logger: logger)
        _ = try await first.begin(try intent())
        let second = try intake.openBatch(logger: logger)
        #expect(await refusal { _ = try await second.begin(try intent()) } == .busy)
        await first.abandon(because: CancellationError())
        _ = try await second.begin(try intent())
    }

    @Test func filesOfOneBatchAreLimited() async throws {
        var limits = IngestLimits()
        limits.maxFilesPerForm = 1
        let batch = try intake(limits).openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.begin(try intent()) } == .tooManyFiles)
    }

    @Test func anUnknownOutcomeLeavesTheSpoolToRecovery() async throws {
        files.failure = IngestError(.outcomeUnknown, "commit failed")
        let batch = try intake().openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.publish() } == .outcomeUnknown)
        #expect(store.discarded == 0)
    }

    @Test func aRefusedPublicationIsDiscarded() async throws {
        files.failure = IngestError(.nameTaken, "taken")
        let batch = try intake().openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.publish() } == .nameTaken)
        #expect(store.discarded == 1)
    }

    @Test func aSickDaemonTakesNothing() async throws {
        let health = Health()
        health.fail("commit failed")
        let intake = intake(health: health)
        #expect(await refusal { _ = try intake.openBatch(logger: logger) } == .unhealthy)
    }
}
