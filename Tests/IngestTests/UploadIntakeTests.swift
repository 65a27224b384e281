import Digests
import Logging
import SystemPackage
import Testing
import Threading

@testable import Ingest

@Suite struct UploadIntakeTests {
    private let store = StoreFake()
    private let files = FilesFake()
    private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func intake(_ limits: IngestLimits = IngestLimits(), health: Health = Health()) -> UploadIntake {
        UploadIntake(store: store, files: files, ledger: LedgerFake(), limits: limits, health: health)
    }

    private func intent(length: Int64? = nil, claims: [DigestClaim] = []) throws -> UploadIntent {
        let path = try BucketPath(segments: ["a.txt"])
        return UploadIntent(destination: Destination(path: path, collision: .rename), length: length, claims: claims)
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
        let batch = try await intake.openBatch(body: 4, claim: 4, logger: logger)
        let upload = try await batch.begin(try intent(length: 4))
        try await upload.append([1, 2])
        try await upload.append([3, 4])
        #expect(intake.uploadsInFlight == 1)
        try await upload.finish()
        let files = try await batch.publish()
        #expect(files.map(\.record.identity.size) == [4])
        #expect(intake.uploadsInFlight == 0)
        #expect(store.discarded == 0)
    }

    @Test(arguments: [3, 5] as [Int64])
    func aLengthThatIsNotTheDeclaredOneIsRefused(length: Int64) async throws {
        let batch = try await intake().openBatch(logger: logger)
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

    private func claim(_ algorithm: DigestAlgorithm, of bytes: [UInt8], field: String = "f") -> DigestClaim {
        var digest = StreamingDigest(algorithm)
        digest.update(bytes[...])
        return DigestClaim(digest.finalize(), field: field)
    }

    private func mismatches(_ body: () async throws -> Void) async throws -> [DigestClaim] {
        do {
            try await body()
            return []
        } catch let error as IngestError where error.code == .digestMismatch {
            return error.mismatches
        }
    }

    @Test func everyClaimMustHoldAndThoseThatDoNotAreNamed() async throws {
        let right = claim(.md5, of: [1, 2])
        let wrong = [claim(.sha1, of: [1], field: "g"), claim(.sha256, of: [1, 2], field: "h")]
        let batch = try await intake().openBatch(logger: logger)
        let upload = try await batch.begin(try intent(claims: [right] + wrong))
        try await upload.append([1, 2])
        #expect(try await mismatches { try await upload.finish() } == wrong)
        await batch.abandon(because: IngestError(.digestMismatch, ""))
        #expect(store.discarded == 1)
        #expect(files.published.isEmpty)
    }

    @Test func whatIsClaimedIsComputedAndPublishedWithTheFile() async throws {
        let claims = [claim(.md5, of: [1, 2]), claim(.crc32c, of: [1, 2])]
        let batch = try await intake().openBatch(logger: logger)
        let upload = try await batch.begin(try intent(claims: claims))
        try await upload.append([1, 2])
        try await upload.finish()
        _ = try await batch.publish()
        let sealed = try #require(files.published.first).upload
        #expect(sealed.digests == [.md5: claims[0].digest, .crc32c: claims[1].digest])
    }

    @Test func aClaimMayComeAfterTheContent() async throws {
        for (claimed, isRight) in [([UInt8(1), 2], true), ([1], false)] {
            var intent = try intent()
            intent.awaitedDigests = [.sha1]
            let upload = try await intake().openBatch(logger: logger).begin(intent)
            try await upload.append([1, 2])
            let claim = claim(.sha1, of: claimed)
            #expect(try await mismatches { try await upload.finish(claims: [claim]) } == (isRight ? [] : [claim]))
        }
    }

    /// Nobody has computed it, so nobody can say that it is right.
    @Test func aClaimThatWasNotAwaitedDoesNotHold() async throws {
        let upload = try await intake().openBatch(logger: logger).begin(try intent())
        let claim = claim(.sha1, of: [])
        #expect(try await mismatches { try await upload.finish(claims: [claim]) } == [claim])
    }

    @Test func aBodyIsComparedAsAWhole() async throws {
        let batch = try await intake().openBatch(logger: logger)
        #expect(batch.verification(of: []) == nil)
        for (claimed, isRight) in [([UInt8(1), 2, 3], true), ([1, 2], false)] {
            let claims = [claim(.sha256, of: claimed), claim(.crc32c, of: [1, 2, 3])]
            let verification = try #require(batch.verification(of: claims))
            await verification.update([1])
            await verification.update([2, 3])
            #expect(try await mismatches { try await verification.finish() } == (isRight ? [] : [claims[0]]))
        }
    }

    @Test func sizeIsLimitedDeclaredOrNot() async throws {
        var limits = IngestLimits()
        limits.maxUploadSize = 3
        let batch = try await intake(limits).openBatch(logger: logger)
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
        let first = try await intake.openBatch(body: 600, logger: logger)
        #expect(await refusal { _ = try await intake.openBatch(body: 400, logger: logger) } == .noSpace)
        await first.abandon(because: CancellationError())
        let second = try await intake.openBatch(body: 400, logger: logger)
        await second.abandon(because: CancellationError())
        #expect(intake.admission.given == Admission.Share())
    }

    @Test func uploadsInFlightAreLimited() async throws {
        var limits = IngestLimits()
        limits.maxConcurrentUploads = 1
        let intake = intake(limits)
        let first = try await intake.openBatch(logger: logger)
        #expect(await refusal { _ = try await intake.openBatch(logger: logger) } == .tooManyUploads)
        await first.abandon(because: CancellationError())
        let second = try await intake.openBatch(logger: logger)
        #expect(intake.uploadsInFlight == 1)
        await second.abandon(because: CancellationError())
    }

    /// They count the uploads under way, which keep the limits that they began with.
    @Test func newLimitsShareTheAccountOfTheOldOnes() async throws {
        var limits = IngestLimits()
        (limits.maxConcurrentUploads, limits.maxUploadSize) = (2, 4)
        let old = intake(limits)
        let first = try await old.openBatch(logger: logger)
        (limits.maxConcurrentUploads, limits.maxUploadSize) = (1, 1)
        let new = UploadIntake(old, limits: limits)
        #expect(new.uploadsInFlight == 1)
        #expect(await refusal { _ = try await new.openBatch(logger: logger) } == .tooManyUploads)
        let upload = try await first.begin(try intent(length: 4))
        try await upload.append([1, 2, 3, 4])
        try await upload.finish()
        _ = try await first.publish()
        #expect(new.uploadsInFlight == 0)
        let second = try await new.openBatch(logger: logger)
        #expect(await refusal { _ = try await second.begin(try intent(length: 4)) } == .tooLarge)
        // The old ones count it, too.
        #expect(old.uploadsInFlight == 1)
        await second.abandon(because: CancellationError())
        #expect(old.admission.given == Admission.Share())
    }

    @Test func whatForbidsAnUploadIsTold() async throws {
        var limits = IngestLimits()
        #expect(await intake(limits).obstacles().isEmpty)
        (limits.minFreeSpace, limits.quota) = (.max, 1)
        let codes = await intake(limits).obstacles().map(\.code)
        #expect(codes.contains(.noSpace), "\(codes)")
    }

    @Test func theLastReferenceGivesAllBack() async throws {
        var limits = IngestLimits()
        limits.quota = 1000
        let intake = intake(limits)
        for _ in 0..<3 {
            _ = try await intake.openBatch(body: 500, claim: 500, logger: logger)
        }
        #expect(intake.admission.given == Admission.Share())
    }

    /// In growing steps, but near the end byte by byte.
    @Test func anUploadOfUnknownLengthTakesAllThereIsAndNoMore() async throws {
        var limits = IngestLimits()
        limits.minFreeSpace = 0
        store.available = 100 << 10
        let batch = try await intake(limits).openBatch(logger: logger)
        let upload = try await batch.begin(try intent())
        for size in [64, 30, 6] {
            try await upload.append(ArraySlice(repeating: 0, count: size << 10))
            store.available -= Int64(size << 10)
        }
        #expect(await refusal { try await upload.append([1]) } == .noSpace)
        await batch.abandon(because: CancellationError())
    }

    @Test func theQuotaHoldsForAnUploadOfUnknownLength() async throws {
        var limits = IngestLimits()
        limits.quota = 100 << 10
        let intake = intake(limits)
        let batch = try await intake.openBatch(claim: 1, logger: logger)
        let upload = try await batch.begin(try intent())
        for size in [64, 30, 6] {
            try await upload.append(ArraySlice(repeating: 0, count: size << 10))
        }
        #expect(await refusal { try await upload.append([1]) } == .quotaExceeded)
        await batch.abandon(because: CancellationError())
        #expect(intake.admission.given == Admission.Share())
    }

    /// The bytes of a form's files are what counts in the end, not those around them.
    @Test func filesOfOneBatchShareItsClaim() async throws {
        var limits = IngestLimits()
        limits.quota = 100
        let intake = intake(limits)
        let batch = try await intake.openBatch(body: 500, claim: 60, logger: logger)
        for size in [50, 50] {
            let upload = try await batch.begin(try intent())
            try await upload.append(ArraySlice(repeating: 0, count: size))
            try await upload.finish()
        }
        #expect(intake.admission.given == Admission.Share(places: 1, promised: 400, claimed: 100))
        let third = try await batch.begin(try intent())
        #expect(await refusal { try await third.append([1]) } == .quotaExceeded)
        await batch.abandon(because: CancellationError())
    }

    @Test func aFormNeedsAnInodeForEachFile() async throws {
        store.inodes = (6, 100)
        let batch = try await intake().openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        store.inodes = (5, 100)
        #expect(await refusal { _ = try await batch.begin(try intent()) } == .noInodes)
        await batch.abandon(because: CancellationError())
    }

    /// What others made since the last look at the disk is not known before an upload fails of it.
    @Test(arguments: [false, true])
    func aWriteThatFindsNoSpaceDisprovesWhatWasReadBefore(publishes: Bool) async throws {
        let failure = IngestError.storage("It could not be written.", .noSpace)
        let intake = intake()
        let batch = try await intake.openBatch(body: 1, logger: logger)
        store.inodes = (0, 100)
        if publishes {
            files.failure = failure
            #expect(await refusal { _ = try await batch.publish() } == .noSpace)
        } else {
            await batch.abandon(because: failure)
        }
        #expect(await refusal { _ = try await intake.openBatch(body: 1, logger: logger) } == .noInodes)
    }

    @Test func filesOfOneBatchAreLimited() async throws {
        var limits = IngestLimits()
        limits.maxFilesPerForm = 1
        let batch = try await intake(limits).openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.begin(try intent()) } == .tooManyFiles)
    }

    @Test func anUnknownOutcomeLeavesTheSpoolToRecovery() async throws {
        files.failure = IngestError(.outcomeUnknown, "commit failed")
        let batch = try await intake().openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.publish() } == .outcomeUnknown)
        #expect(store.discarded == 0)
    }

    @Test func aRefusedPublicationIsDiscarded() async throws {
        files.failure = IngestError(.nameTaken, "taken")
        let batch = try await intake().openBatch(logger: logger)
        try await batch.begin(try intent()).finish()
        #expect(await refusal { _ = try await batch.publish() } == .nameTaken)
        #expect(store.discarded == 1)
    }

    @Test func aSickDaemonTakesNothing() async throws {
        let health = Health()
        health.fail("commit failed")
        let intake = intake(health: health)
        #expect(await refusal { _ = try await intake.openBatch(logger: logger) } == .unhealthy)
    }
}
